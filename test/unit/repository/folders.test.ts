import { expect, it } from '@jest/globals'
import { dirname } from 'node:path'
import { FILES } from './repository-files.ts'

const MAX_FILES = 20
/** A numbered series, with an index. */
const EXEMPT = ['docs/decisions']

it('no folder has more files side by side than a reader can look over', () => {
  const counts = new Map<string, number>()
  for (const folder of FILES.map((file) => dirname(file))) counts.set(folder, (counts.get(folder) ?? 0) + 1)
  expect(counts.get('docs/decisions')).toBeGreaterThan(MAX_FILES)
  const crowded = [...counts].filter(([folder, count]) => count > MAX_FILES && !EXEMPT.includes(folder))
  expect(crowded).toEqual([])
})
