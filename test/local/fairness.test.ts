import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire } from '@jobwire/sdk'
import { readLocalTokenSecret, signToken } from '../../cli/token.ts'
import type { tasks } from '../../tasks/index.ts'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'

/** Enough of them that the time of a few round trips is a small part of it, also on a busy machine. */
const FLOOD_JOBS = 4_000
const FEW = 10
/** On a busy machine, many of the flood end during the round trips of the few. Without fair turns, all of it does. */
const MOST_OF_IT = 0.8

/** These tests look at the order only. `npm run bench:fairness` measures the times. */
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

  /** Submits many jobs. `done` returns the number of those that have ended. */
  async function flood(count: number, optionsOf: (index: number) => { priority?: 'low'; group?: string }) {
    const handles = await Promise.all(
      Array.from({ length: count }, (_, index) => flooding.submit('noop', undefined, optionsOf(index))),
    )
    let done = 0
    const all = Promise.all(handles.map((handle) => handle.result().then(() => done++)))
    return { done: () => done, all }
  }

  it.each([
    ['namespace', 'one group', () => other, {}, () => 'large'],
    ['group', 'one group', () => flooding, { group: 'small' }, () => 'large'],
    // A group buys no turns of its own.
    ['namespace', 'a group for each job', () => other, {}, (index: number) => `group-${index}`],
  ])('of another %s does not wait for a flood of %s to end', async (_, _groups, client, options, groupOf) => {
    const { done, all } = await flood(FLOOD_JOBS, (index) => ({ group: groupOf(index) }))
    const doneBefore = done()
    await Promise.all(Array.from({ length: FEW }, () => client().run('noop', undefined, options)))
    // In the order of sending, the whole flood would have ended first.
    expect(done() - doneBefore).toBeLessThan(MOST_OF_IT * (FLOOD_JOBS - doneBefore))
    await all
    expect(done()).toBe(FLOOD_JOBS)
  })

  it('and is critical does not wait for jobs of low priority', async () => {
    const { done, all } = await flood(FLOOD_JOBS, () => ({ priority: 'low' }))
    const doneBefore = done()
    await Promise.all(Array.from({ length: FEW }, () => flooding.run('noop', undefined, { priority: 'critical' })))
    expect(done() - doneBefore).toBeLessThan(MOST_OF_IT * (FLOOD_JOBS - doneBefore))
    await all
    expect(done()).toBe(FLOOD_JOBS)
  })
})
