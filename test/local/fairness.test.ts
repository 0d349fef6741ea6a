import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire } from '@jobwire/sdk'
import { readLocalTokenSecret, signToken } from '../../cli/token.ts'
import type { tasks } from '../../tasks/index.ts'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'

/** Enough of them that they last longer than the round trips of the few. */
const FLOOD_JOBS = 4_000
const FEW = 10
/** Without fair turns, all of the flood begins before the few. */
const MOST_OF_IT = 0.8

/** These tests look at the order alone, by the records of the platform. `npm run bench:fairness` measures the times. */
describe('work that comes after a flood', () => {
  let cloud: CloudProcess
  let flooding: Jobwire<typeof tasks>
  let other: Jobwire<typeof tasks>

  beforeAll(async () => {
    cloud = await startCloudProcess()
    const secret = await readLocalTokenSecret(cloud.outputs['TokenSecretArn']!, cloud.endpoint)
    const clientOf = async (namespace: string) => {
      const token = await signToken(secret, { namespace, subject: 'test', expiresInSeconds: 3_600 })
      return connect<typeof tasks>({ url: cloud.url, token })
    }
    flooding = await clientOf('flooding')
    other = await clientOf('other')
    // New connections and workers would cost time that has nothing to do with fair turns.
    await Promise.all([flooding, other].map((client) => client.run('noop')))
    await flooding.run('noop', undefined, { priority: 'critical' })
  })
  afterAll(async () => {
    await Promise.all([flooding.close(), other.close()])
    await cloud.stop()
  })

  /** Submits many jobs. Resolves once they are stored. */
  async function flood(optionsOf: (index: number) => { priority?: 'low'; group?: string }) {
    const handles = await Promise.all(
      Array.from({ length: FLOOD_JOBS }, (_, index) => flooding.submit('noop', undefined, optionsOf(index))),
    )
    return { ids: new Set(handles.map(({ id }) => id)), all: Promise.all(handles.map((handle) => handle.result())) }
  }

  /**
   * Submits a few jobs after a flood. Returns the largest share of the flood's remaining jobs that began between the
   * submit of one of the few and its own beginning, by the clock of the platform. In the order of sending it is 1.
   */
  async function shareBefore(
    client: Jobwire<typeof tasks>,
    options: { readonly priority?: 'critical'; readonly group?: string },
    optionsOf: Parameters<typeof flood>[0],
  ): Promise<number> {
    const { ids, all } = await flood(optionsOf)
    const few = await Promise.all(Array.from({ length: FEW }, () => client.submit('noop', undefined, options)))
    await Promise.all([all, ...few.map((handle) => handle.result())])
    const starts: number[] = []
    for await (const { id, startedAt } of flooding.list()) if (ids.has(id)) starts.push(startedAt!)
    expect(starts).toHaveLength(FLOOD_JOBS)
    const records = await Promise.all(few.map(({ id }) => client.get(id)))
    const shares = records.map(({ createdAt, startedAt }) => {
      const remaining = starts.filter((start) => start > createdAt)
      expect(remaining.length).toBeGreaterThan(FLOOD_JOBS / 100)
      return remaining.filter((start) => start < startedAt!).length / remaining.length
    })
    return Math.max(...shares)
  }

  it.each([
    ['namespace', 'one group', () => other, {}, () => 'large'],
    ['group', 'one group', () => flooding, { group: 'small' }, () => 'large'],
    // A group buys no turns of its own.
    ['namespace', 'a group for each job', () => other, {}, (index: number) => `group-${index}`],
  ])('of another %s does not wait for a flood of %s to end', async (_, _groups, client, options, groupOf) => {
    expect(await shareBefore(client(), options, (index) => ({ group: groupOf(index) }))).toBeLessThan(MOST_OF_IT)
  })

  it('and is critical does not wait for jobs of low priority', async () => {
    expect(await shareBefore(flooding, { priority: 'critical' }, () => ({ priority: 'low' }))).toBeLessThan(MOST_OF_IT)
  })
})
