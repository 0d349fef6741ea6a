import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { connectAs, type Tasks, uniqueNamespace } from './support/target.ts'

const JOBS = 12
let client: Jobwire<Tasks>

beforeAll(async () => {
  client = await connectAs(uniqueNamespace())
})
afterAll(() => client.close())

interface Run {
  readonly startedAt: number
  readonly finishedAt: number
}

/** Reads the times of the only run from a job's record. */
async function runOf(id: string): Promise<Run> {
  const { status, attempts, startedAt, finishedAt } = await client.get(id)
  expect({ id, status, attempts }).toEqual({ id, status: 'success', attempts: 0 })
  return { startedAt: startedAt!, finishedAt: finishedAt! }
}

/** Returns the largest number of runs that were under way at once. */
function mostAtOnce(runs: readonly Run[]): number {
  const changes = runs.flatMap(({ startedAt, finishedAt }) => [
    { at: startedAt, by: 1 },
    { at: finishedAt, by: -1 },
  ])
  changes.sort((one, other) => one.at - other.at || one.by - other.by)
  let now = 0
  return Math.max(...changes.map(({ by }) => (now += by)))
}

/** The task `partnerCall` runs at most two at once, and one for each group. */
describe('jobs of a task that limits its runs', () => {
  it('all succeed, with no more of them running at once than it allows', async () => {
    const handles = await Promise.all(Array.from({ length: JOBS }, () => client.submit('partnerCall', { ms: 200 })))
    await Promise.all(handles.map((handle) => handle.result()))
    const runs = await Promise.all(handles.map(({ id }) => runOf(id)))
    expect(mostAtOnce(runs)).toBeLessThanOrEqual(2)
  }, 60_000)

  it('run in turn within a group, and do not wait for those of another', async () => {
    const submit = (group: string, ms: number) => client.submit('partnerCall', { ms }, { group })
    const long = await submit('x', 20_000)
    for await (const { status } of long.updates()) if (status === 'running') break
    const behind = await submit('x', 100)
    const others = await Promise.all(Array.from({ length: 3 }, () => submit('y', 100)))
    await Promise.all(others.map((handle) => handle.result()))
    expect(await client.get(long.id)).toMatchObject({ status: 'running' })
    expect(await client.get(behind.id)).toMatchObject({ status: 'pending', attempts: 0 })

    await client.cancel(long.id)
    await behind.result()
    const { finishedAt: cancelledAt } = await client.get(long.id)
    expect((await runOf(behind.id)).startedAt).toBeGreaterThanOrEqual(cancelledAt!)
    expect(mostAtOnce(await Promise.all(others.map(({ id }) => runOf(id))))).toBe(1)
  }, 60_000)

  it('can be cancelled while they wait', async () => {
    const holding = await Promise.all(
      ['x', 'y'].map((group) => client.submit('partnerCall', { ms: 20_000 }, { group })),
    )
    for (const handle of holding) for await (const { status } of handle.updates()) if (status === 'running') break
    const waiting = await client.submit('partnerCall', { ms: 100 })
    await client.cancel(waiting.id)
    await expect(waiting.result()).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    await Promise.all(holding.map(({ id }) => client.cancel(id)))
    const { startedAt, attempts } = await client.get(waiting.id)
    expect({ startedAt, attempts }).toEqual({ attempts: 0 })
  }, 60_000)
})
