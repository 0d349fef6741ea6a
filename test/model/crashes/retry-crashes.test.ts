import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { JobRecord } from '../../../protocol/job/job.ts'
import { ask, comeToRest } from '../support/ask.ts'
import { modelAssembly } from '../support/assembly.ts'
import { killAtEachCall, type Killed } from './kill-at-each-call.ts'
import type { Point } from '../sequences/sequence-faults.ts'
import type { Fault } from '../sequences/sequence.ts'
import { startWorld, type World } from '../support/world.ts'

const JOBS = ['a', 'b', 'c']

interface Played extends Killed {
  readonly points: readonly Point[]
}

describe('running all failed jobs again', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld(await modelAssembly())
  }, 60_000)
  afterAll(() => world.close())

  it('leaves none behind, whichever AWS call its functions are killed at', async () => {
    const [{ points, wrong }] = (await play([[]])) as [Played]
    expect(wrong).toEqual([])
    await killAtEachCall(points, (crashes) => play(crashes.map((crash) => [crash])))
  }, 120_000)

  /** Lets jobs fail, in a namespace for each list of faults, and then runs them again under these faults. */
  async function play(plays: readonly (readonly Fault[])[]): Promise<Played[]> {
    const players = plays.map((faults) => ({ faults, namespace: world.newNamespace() }))
    const jobs = JOBS.map((id) => ({ id, task: 'broken' }))
    await Promise.all(players.map(({ namespace }) => ask(world, namespace, 'POST', '/jobs', { jobs })))
    await comeToRest(world)
    const before = new Map<string, readonly JobRecord[]>()
    for (const { namespace } of players) before.set(namespace, await read(namespace))
    await Promise.all(
      players.map(({ namespace, faults }) => {
        world.faults.arm(namespace, faults)
        return ask(world, namespace, 'POST', '/retries', { all: true })
      }),
    )
    await comeToRest(world)
    return Promise.all(
      players.map(async ({ namespace }) => ({
        ...world.faults.disarm(namespace),
        wrong: await check(namespace, before.get(namespace)!),
      })),
    )
  }

  async function read(namespace: string): Promise<JobRecord[]> {
    return Promise.all(JOBS.map(async (id) => (await ask(world, namespace, 'GET', `/jobs/${id}`)).job))
  }

  /** Checks that each job has a second life, which failed like the first, and that all three are in the index again. */
  async function check(namespace: string, before: readonly JobRecord[]): Promise<string[]> {
    const wrong: string[] = []
    for (const [index, { id, status, error, createdAt }] of (await read(namespace)).entries()) {
      const first = before[index]!
      if (first.status !== 'failed') wrong.push(`${id} was ${first.status} before`)
      if (createdAt <= first.createdAt) wrong.push(`${id} did not run again`)
      const isGivenUp = error?.code === 'WORKER_CRASHED'
      if (status !== 'failed' || (error?.code !== 'BROKEN' && !isGivenUp)) wrong.push(`${id} is ${status} for ever`)
    }
    const { total } = await ask(world, namespace, 'GET', '/failures')
    if (total !== JOBS.length) wrong.push(`${total} jobs are counted as failed`)
    return wrong
  }
})
