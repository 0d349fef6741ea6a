import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRunSlots } from '../../lambdas/aws/slots/run-slots.ts'
import type { RunSlots } from '../../lambdas/domain/slots/run-slots.ts'
import { modelAssembly } from './support/assembly.ts'
import { Rest } from './support/rest.ts'
import { startWorld, type World } from './support/world.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** By then the only slot of the task `limited` is free again, even if its holder was killed. */
const LEASE_MS = 10_000

/** Jobs whose slot is held by a worker that does not come back, or not for a week. */
describe('a job of a task whose only slot is taken', () => {
  let world: World
  let client: DynamoDBClient
  let slots: RunSlots

  beforeAll(async () => {
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
    world = await startWorld(await modelAssembly())
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    client = new DynamoDBClient({ endpoint: world.cloud.endpoint, region: 'us-east-1', credentials })
    const tableName = world.cloud.outputs['RegistryTableName']!
    slots = createRunSlots({ client, tableName, clock: world.clock, log: () => undefined })
  }, 60_000)
  afterAll(async () => {
    client.destroy()
    await world.close()
  })

  async function pass(ms: number): Promise<void> {
    await world.clock.advance(ms)
    await world.idle()
  }

  it('waits until the slot of a worker that was killed with it is free again', async () => {
    const namespace = world.newNamespace()
    const rest = new Rest(world, namespace)
    // The first call finds no slots of this task. The second one makes them and takes one.
    world.faults.arm(namespace, [{ type: 'crashAfter', function: 'Worker', operation: 'UpdateItem', nth: 1, times: 1 }])
    await rest.submit([{ id: `${namespace}.killed`, task: 'limited' }])
    await world.idle()
    expect(world.faults.disarm(namespace).crashes).toBe(1)
    expect(world.runsOf(`${namespace}.killed`)).toBe(0)

    await rest.submit([{ id: `${namespace}.next`, task: 'limited' }])
    await world.idle()
    expect(await rest.job(`${namespace}.next`)).toMatchObject({ status: 'pending', attempts: 0 })
    await pass(LEASE_MS)
    expect(await rest.job(`${namespace}.next`)).toMatchObject({ status: 'success', attempts: 0 })
    await pass(MINUTE)
    expect(await rest.job(`${namespace}.killed`)).toMatchObject({ status: 'success', attempts: 0 })
  }, 60_000)

  it('waits for longer than its message is kept, and runs once when it is its turn', async () => {
    const namespace = world.newNamespace()
    const rest = new Rest(world, namespace)
    const runLimit = { namespace, task: 'limited', limit: 1 }
    const [slot] = await slots.take(runLimit, 1, world.clock.now() + 100 * DAY)
    const id = `${namespace}.patient`
    await rest.submit([{ id, task: 'limited', ttl: '60d' }])
    await world.idle()
    // The queue keeps a message for ten days. Each look of the job at the slot replaces its message.
    for (let days = 0; days < 18; days += 6) {
      await pass(6 * DAY)
      expect(await rest.job(id)).toMatchObject({ status: 'pending', attempts: 0, version: 1 })
      expect(world.cloud.activity()).toMatchObject({ visible: 0, hidden: 1 })
    }
    await slots.release(runLimit, [slot!])
    await pass(6 * MINUTE)
    expect(await rest.job(id)).toMatchObject({ status: 'success', attempts: 0 })
    expect(world.runsOf(id)).toBe(1)
  }, 60_000)
})
