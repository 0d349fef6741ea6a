import { describe, expect, it } from '@jest/globals'
import { citedPaths, existsInRepository, FILES, readText } from './repository-files.ts'

const DOCUMENT = 'docs/invariants.md'
const CITATION = /\bI[1-9]\d?\b/g

/** The text of each invariant, by its number. */
const sections = new Map(
  readText(DOCUMENT)
    .split(/^## (?=I\d)/m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('.')), section]),
)

/** The invariants that each file of code, test or document cites. */
const citations = FILES.filter((file) => /\.(ts|tsx|js|mjs|md|json)$/.test(file) && file !== 'package-lock.json')
  .map((file) => ({ file, numbers: new Set(readText(file).match(CITATION)) }))
  .filter(({ file, numbers }) => numbers.size > 0 && file !== DOCUMENT)

describe('docs/invariants.md', () => {
  it('defines I1 to I11', () => {
    expect([...sections.keys()]).toEqual(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'I11'])
  })

  it('defines every invariant that is cited', () => {
    expect(citations.length).toBeGreaterThan(20)
    const undefinedOnes = citations.flatMap(({ file, numbers }) =>
      [...numbers].filter((number) => !sections.has(number)).map((number) => `${file}: ${number}`),
    )
    expect(undefinedOnes).toEqual([])
  })

  it('lists every test that cites an invariant', () => {
    const unlisted = citations
      .filter(({ file }) => file.startsWith('test/') && file !== 'test/unit/repository/invariants.test.ts')
      .flatMap(({ file, numbers }) => [...numbers].map((number) => ({ file, number })))
      .filter(({ file, number }) => sections.get(number)?.includes(`\`${file}\``) !== true)
    expect(unlisted).toEqual([])
  })

  it.each([...sections])('says of %s what keeps it and what shows it, by files that exist', (_number, section) => {
    const [before, kept, shown] = section.split(/^(?:Kept|Shown) by:$/m).map((part) => citedPaths(part))
    expect(before).toEqual([])
    expect(kept!.length).toBeGreaterThan(0)
    expect(shown!.length).toBeGreaterThan(0)
    expect(shown!.filter((file) => !file.startsWith('test/'))).toEqual([])
    expect([...kept!, ...shown!].filter((file) => !existsInRepository(file))).toEqual([])
  })
})
