import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire } from '@jobwire/sdk'
import type { BilledUnit } from '../../local/meter.ts'
import { modelAssembly } from './support/assembly.ts'
import type { tasks } from './support/tasks.ts'
import { startWorld, type World } from './support/world.ts'

const WARM_UP_JOBS = 200
const JOBS = 2_000

describe('the cost of a short job, as the local cloud counts it', () => {
  let world: World
  let client: Jobwire<typeof tasks>

  beforeAll(async () => {
    world = await startWorld(await modelAssembly())
    client = await connect<typeof tasks>({ url: world.restUrl, token: await world.token('cost') })
    await Promise.all(Array.from({ length: WARM_UP_JOBS }, () => client.run('noop')))
    await world.idle()
  }, 60_000)
  afterAll(async () => {
    await client?.close()
    await world.close()
  })

  function billed(): Record<BilledUnit, number> {
    const units: Partial<Record<BilledUnit, number>> = {}
    for (const { unit, quantity } of world.cloud.meter.lines()) units[unit] = (units[unit] ?? 0) + quantity
    return units as Record<BilledUnit, number>
  }

  async function costOf(jobs: number, work: () => Promise<unknown>): Promise<(unit: BilledUnit) => number> {
    const before = { ...billed(), registrations: world.faults.registrations }
    await work()
    await world.idle()
    const after = billed()
    // A worker registers once a minute, however many jobs it runs. No job pays for that.
    const registrations = world.faults.registrations - before.registrations
    const besides = (unit: BilledUnit) => (unit === 'dynamodbWriteUnit' ? registrations : 0)
    return (unit) => ((after[unit] ?? 0) - (before[unit] ?? 0) - besides(unit)) / jobs
  }

  it(`${JOBS} at once: two write units, half a read unit, and a share of every request`, async () => {
    const cost = await costOf(JOBS, () => Promise.all(Array.from({ length: JOBS }, () => client.run('noop'))))
    expect(cost('dynamodbWriteUnit')).toBeCloseTo(2, 1)
    expect(cost('dynamodbReadUnit')).toBeLessThanOrEqual(0.5)
    // Ten messages share a request to send, to receive, to hold (decision 27) and to delete them. Few batches are smaller.
    expect(cost('sqsRequest')).toBeLessThanOrEqual(0.42)
    expect(cost('lambdaRequest')).toBeLessThanOrEqual(0.2)
    expect(cost('socketMessageIn')).toBeLessThanOrEqual(0.25)
    // The answers to the client, and the pushes.
    expect(cost('socketMessageOut')).toBeLessThanOrEqual(0.25)
  }, 60_000)

  it('one after the other: no more writes and reads than that', async () => {
    const jobs = 20
    const cost = await costOf(jobs, async () => {
      for (let done = 0; done < jobs; done++) await client.run('noop')
    })
    expect(cost('dynamodbWriteUnit')).toBeLessThanOrEqual(2)
    expect(cost('dynamodbReadUnit')).toBeLessThanOrEqual(0.5)
  }, 60_000)

  it('a worker costs one more write unit a minute, however many jobs it runs in the minute', async () => {
    const jobs = 5
    const oneByOne = async () => {
      for (let done = 0; done < jobs; done++) await client.run('noop')
    }
    await world.clock.advance(60_000)
    const [before, registered] = [billed(), world.faults.registrations]
    await oneByOne()
    await world.idle()
    const workers = world.faults.registrations - registered
    expect(workers).toBeGreaterThanOrEqual(1)
    expect(workers).toBeLessThanOrEqual(2)
    const units = billed().dynamodbWriteUnit - before.dynamodbWriteUnit
    expect(units).toBeLessThanOrEqual(2 * jobs + workers)
    expect(units).toBeGreaterThan(2 * jobs)
  }, 60_000)
})
