import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { Walk } from '../../../../lambdas/domain/list/walk-shards.ts'
import { walkShards } from '../../../../lambdas/domain/list/walk-shards.ts'
import { isGeneratedId, rangeAfter, filterRange } from '../../../../lambdas/domain/list/id-range.ts'
import type { ListedJob } from '../../../../protocol/list/list.ts'
import { createIdSource } from '../../../../protocol/job/id.ts'
import { listedJob, FakeJobPages } from '../../fakes/job-pages.ts'

const ALL = { from: '!', to: '~' }
const id = fc.string({
  unit: fc.constantFrom('-', '.', '0', '9', ':', 'A', 'Z', '_', 'a', 'z'),
  minLength: 1,
  maxLength: 5,
})

function walkOf(pages: FakeJobPages, walk: Partial<Walk<ListedJob>> = {}) {
  return walkShards<ListedJob>({
    shards: pages.shards,
    range: ALL,
    order: 'asc',
    read: (read) => pages.jobs('acme', read, []),
    firstLimit: 4,
    maxRecords: 8_000,
    maxReads: 64,
    limit: 10,
    ...walk,
  })
}

const idsOf = ({ taken }: { taken: readonly ListedJob[] }) => taken.map((job) => job.id)

describe('the walk over the shards', () => {
  it('merges them in the order of ids, and ends after the last job', async () => {
    const pages = new FakeJobPages(['b', 'a', 'c', 'a-1', 'B', '9'].map((each) => listedJob({ id: each })))
    expect(await walkOf(pages)).toEqual({ taken: expect.anything() })
    expect(idsOf(await walkOf(pages))).toEqual(['9', 'B', 'a', 'a-1', 'b', 'c'])
    expect(idsOf(await walkOf(pages, { order: 'desc' }))).toEqual(['c', 'b', 'a-1', 'a', 'B', '9'])
  })

  it('returns every job exactly once, with any pages, filter and bounds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(id, { maxLength: 60 }),
        fc.record({
          shards: fc.integer({ min: 1, max: 9 }),
          limit: fc.integer({ min: 1, max: 7 }),
          firstLimit: fc.integer({ min: 1, max: 5 }),
          maxRecords: fc.integer({ min: 1, max: 40 }),
          maxReads: fc.integer({ min: 1, max: 20 }),
          order: fc.constantFrom('asc' as const, 'desc' as const),
          dropped: fc.constantFrom('', 'a', '-'),
        }),
        async (ids, { shards, order, dropped, ...bounds }) => {
          const pages = new FakeJobPages(
            ids.map((each) => listedJob({ id: each })),
            { shards },
          )
          const passes = (each: string) => dropped === '' || !each.includes(dropped)
          const seen: string[] = []
          let range: typeof ALL | undefined = ALL
          for (let page = 0; range !== undefined; page++) {
            expect(page).toBeLessThan(200)
            const read: Walk<ListedJob>['read'] = async (request) => {
              const found = await pages.jobs('acme', request, [])
              return { ...found, entries: found.entries.filter((job) => passes(job.id)) }
            }
            const walked = await walkOf(pages, { ...bounds, order, range, read })
            expect(walked.taken.length).toBeLessThanOrEqual(bounds.limit)
            seen.push(...idsOf(walked))
            range = walked.position === undefined ? undefined : rangeAfter(range, walked.position, order)
          }
          const expected = ids.filter(passes).sort()
          expect(seen).toEqual(order === 'asc' ? expected : expected.toReversed())
        },
      ),
      { numRuns: 400 },
    )
  })

  it('reads a bounded number of records, however few pass the filter', async () => {
    const pages = new FakeJobPages(
      Array.from({ length: 3_000 }, () => listedJob()),
      { shards: 4 },
    )
    const none = async (request: Parameters<Walk<ListedJob>['read']>[0]) => ({
      ...(await pages.jobs('acme', request, [])),
      entries: [],
    })
    const walked = await walkOf(pages, { read: none, maxRecords: 400, maxReads: 40 })
    expect(walked.taken).toEqual([])
    expect(walked.position).toBeDefined()
    expect(pages.lookedAt).toBeLessThanOrEqual(400)
  })

  it('does not read on to learn that a full page is the last', async () => {
    const pages = new FakeJobPages([listedJob(), listedJob(), listedJob()], { shards: 1 })
    const walked = await walkOf(pages, { limit: 3, firstLimit: 3 })
    expect(walked.position).toBe(walked.taken.at(-1)?.id)
    expect(pages.reads).toHaveLength(1)
  })

  it('ends before an entry that does not fit, but always takes the first', async () => {
    const pages = new FakeJobPages([listedJob({ id: 'a' }), listedJob({ id: 'b' })])
    expect(await walkOf(pages, { fits: () => false })).toMatchObject({ taken: [{ id: 'a' }], position: 'a' })
    expect(idsOf(await walkOf(pages, { fits: (job) => job.id !== 'b' }))).toEqual(['a'])
  })
})

describe('a range of ids', () => {
  it('leaves out exactly what was read already', () => {
    fc.assert(
      fc.property(id, id, (position, other) => {
        const inside = (order: 'asc' | 'desc', key: string) => {
          const rest = rangeAfter(ALL, position, order)
          return rest !== undefined && key >= rest.from && key <= rest.to
        }
        for (const key of [other, `${other}#CODE`]) {
          expect(inside('asc', key)).toBe(other > position)
          expect(inside('desc', key)).toBe(other < position)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('covers a prefix, or the generated ids of a span of time with a day to spare', () => {
    const none = { tags: [], metadata: [] }
    expect(filterRange(none)).toEqual(ALL)
    expect(filterRange({ ...none, prefix: 'a:' })).toEqual({ from: 'a:', to: 'a:~' })
    // A caller's own id says nothing of its time: the range must cover all ids.
    expect(filterRange({ ...none, since: 5_000_000_000 })).toEqual(ALL)
    const day = 86_400_000
    const since = 1_790_000_000_000
    const range = filterRange({ ...none, generated: true, since, until: since + 1 })!
    const idAt = (ms: number) =>
      createIdSource(
        () => ms,
        (bytes) => bytes.fill(7),
      )()
    for (const [ms, within] of [
      [since - day, true],
      [since - day - 1, false],
      [since + day, true],
      [since + day + 2, false],
    ] as const) {
      expect(idAt(ms) >= range.from && idAt(ms) <= range.to).toBe(within)
      expect(isGeneratedId(idAt(ms))).toBe(true)
    }
    expect(isGeneratedId('order-17')).toBe(false)
    expect(filterRange({ ...none, generated: true, since, prefix: '00' })).toBeUndefined()
  })
})
