import { describe, expect, it } from '@jest/globals'
import { dirname, join } from 'node:path'
import { citedPaths, existsInRepository, FILES, readText } from './repository-files.ts'

const DECISION = /^docs\/decisions\/(\d{4})-[\w-]+\.md$/

const documents = FILES.filter((file) => /^docs\/.*\.md$/.test(file) || /^[A-Z]+\.md$/.test(file)).sort()
const decisions = documents.flatMap((file) => {
  const number = DECISION.exec(file)?.[1]
  return number === undefined ? [] : [{ file, number: Number(number) }]
})

describe('the documents', () => {
  it.each(documents)('%s cites only paths that exist', (document) => {
    expect(citedPaths(readText(document)).filter((path) => !existsInRepository(path))).toEqual([])
  })

  it.each(documents)('%s links only to files that exist', (document) => {
    const links = [...readText(document).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) =>
      join(dirname(document), link!),
    )
    expect(links.filter((path) => !existsInRepository(path))).toEqual([])
  })

  it('find a path that does not exist', () => {
    const paths = citedPaths('`lambdas/domain/run/run-job.ts`, `no/path`, `lambdas/gone.ts`, `gone.ts` and `local/*`')
    expect(paths).toEqual(['lambdas/domain/run/run-job.ts', 'lambdas/gone.ts', 'gone.ts', 'local/*'])
    expect(paths.filter((path) => !existsInRepository(path))).toEqual(['lambdas/gone.ts', 'gone.ts'])
  })
})

it('docs/architecture.md has the rooms in the order that the linter holds', () => {
  const [, concepts] = /const CONCEPTS = \[(.*?)\]/s.exec(readText('scripts/lint/import-table.js'))!
  const order = [...concepts!.matchAll(/'([\w-]+)'/g)].map(([, room]) => room)
  const [, section] = /^## Rooms$(.*?)^## /ms.exec(readText('docs/architecture.md'))!
  expect([...section!.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, room]) => room)).toEqual(order)
})

describe('the decisions', () => {
  it('are all in the index, by their number', () => {
    const index = [...readText('docs/decisions/README.md').matchAll(/^\| \[(\d+)\]\((.+)\) \|/gm)]
    const listed = index.map(([, number, file]) => ({ file: `docs/decisions/${file}`, number: Number(number) }))
    expect(listed).toEqual(decisions)
  })

  it.each(decisions)('$file begins with its number', ({ file, number }) => {
    expect(readText(file).split('\n')[0]).toMatch(new RegExp(`^# ${number}\\. \\S`))
  })

  it('exist wherever a document or a comment cites one', () => {
    const numbers = new Set(decisions.map(({ number }) => number))
    const cited = FILES.filter((file) => /\.(md|ts|tsx|js|mjs)$/.test(file)).flatMap((file) =>
      [...readText(file).matchAll(/\bdecisions? (\d+)(?: and (\d+))?/gi)].flatMap(([, one, other]) =>
        [one, other].filter((number) => number !== undefined).map((number) => ({ file, number: Number(number) })),
      ),
    )
    expect(cited.length).toBeGreaterThan(20)
    const unknown = cited.filter(({ file, number }) => !numbers.has(number) && file !== 'docs/decisions/README.md')
    expect(unknown).toEqual([])
  })
})
