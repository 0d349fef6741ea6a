import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire, type WorkerInfo } from '@jobwire/sdk'
import type { CallFault } from '../../local/faults/fault-plan.ts'
import { modelAssembly } from './support/assembly.ts'
import { tasks } from './support/tasks.ts'
import { startWorld, type World } from './support/world.ts'

const MINUTE = 60_000
const LEASE_MS = 15 * MINUTE
const NAMESPACE = 'workers'

let world: World
let client: Jobwire<typeof tasks>

beforeAll(async () => {
  world = await startWorld(await modelAssembly())
  client = await connect<typeof tasks>({ url: world.restUrl, token: await world.token(NAMESPACE) })
}, 60_000)
afterAll(async () => {
  await client?.close()
  await world.close()
})
afterEach(() => {
  world.faults.registrationFault = undefined
})

/** Runs one job after the other, each once all is at rest, so that one worker runs them all. */
async function run(...ids: string[]): Promise<void> {
  for (const id of ids) {
    await client.run('noop', undefined, { id })
    await world.idle()
  }
}

async function workers(): Promise<readonly WorkerInfo[]> {
  return (await client.workers()).workers
}

/** Passes a minute, so that the worker that runs the next job registers. */
async function passMinute(): Promise<void> {
  await world.idle()
  await world.clock.advance(MINUTE)
}

describe('the registry of workers', () => {
  it('lists each worker that runs jobs, with its count of taken jobs as of its latest registration', async () => {
    await run('first')
    const [first, ...others] = await workers()
    expect(others).toEqual([])
    expect(first).toMatchObject({ queue: 'default', tasks: Object.keys(tasks).sort(), claims: 1 })
    expect(Math.abs(first!.lastSeenAt - world.clock.now())).toBeLessThan(MINUTE)
    await run('second', 'third')
    expect(await workers()).toEqual([first])
    await passMinute()
    await run('fourth')
    const sum = (await workers()).reduce((claims, worker) => claims + worker.claims, 0)
    expect(sum).toBe(4)
  }, 60_000)

  it('forgets a worker that does not register for a quarter of an hour, and lists it again with its next job', async () => {
    await passMinute()
    await run('before')
    const known = [...(await workers())].sort((one, other) => other.lastSeenAt - one.lastSeenAt)[0]
    await world.clock.advance(LEASE_MS - MINUTE)
    expect((await workers()).map(({ id }) => id)).toContain(known!.id)
    await world.clock.advance(MINUTE)
    expect(await workers()).toEqual([])
    await run('after')
    expect((await workers()).length).toBeGreaterThan(0)
  }, 60_000)

  const faults: readonly CallFault[] = [
    { type: 'throttle' },
    { type: 'cut', when: 'before' },
    { type: 'cut', when: 'after' },
    { type: 'delay', ms: 40 },
  ]
  it.each(faults.map((fault) => [JSON.stringify(fault), fault] as const))(
    'costs no job a second run if it fails: %s',
    async (_name, fault) => {
      await passMinute()
      const before = world.faults.registrations
      world.faults.registrationFault = fault
      const id = `${fault.type}-${'when' in fault ? fault.when : 'always'}`
      await client.run('value', undefined, { id })
      await world.idle()
      expect(world.faults.registrations).toBeGreaterThan(before)
      expect(world.runsOf(id)).toBe(1)
      expect(await client.get(id)).toMatchObject({ status: 'success', attempts: 0 })
      expect(world.cloud.activity()).toMatchObject({ visible: 0, hidden: 0 })
    },
    60_000,
  )

  it.each(['before', 'after'] as const)(
    'loses no job if the worker dies %s it registers',
    async (when) => {
      await passMinute()
      const crash: CallFault = { type: 'crash', when }
      const before = world.faults.registrations
      world.faults.registrationFault = crash
      const result = client.run('value', undefined, { id: `crash-${when}` })
      result.catch(() => {})
      await world.idle()
      expect(world.faults.registrations).toBeGreaterThan(before)
      world.faults.registrationFault = undefined
      await world.clock.advance(31_000)
      await result
      await world.idle()
      expect(await client.get(`crash-${when}`)).toMatchObject({ status: 'success' })
    },
    60_000,
  )
})
