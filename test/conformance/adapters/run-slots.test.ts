import { DeleteItemCommand, type DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createRunSlots } from '../../../lambdas/aws/slots/run-slots.ts'
import type { RunLimit, RunSlots } from '../../../lambdas/domain/slots/run-slots.ts'
import { ManualClock } from '../../../local/clock.ts'
import { type DynamoEngine, startDynamo } from '../cloud/dynamo-engine.ts'

const MINUTE = 60_000
const clock = new ManualClock()
let dynamo: DynamoEngine
let client: DynamoDBClient
let calls: string[] = []
let warned: string[] = []
/** If true, the next answer is lost on its way, so that the client sends the call again. */
let loseAnswer = false

beforeAll(async () => {
  dynamo = await startDynamo((command) => calls.push(command))
  client = dynamo.client
  client.middlewareStack.add(
    (handle) => async (args) => {
      const answer = await handle(args)
      if (!loseAnswer) return answer
      loseAnswer = false
      throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' })
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await dynamo.createTable('Registry')
})

afterAll(() => dynamo.close())

beforeEach(() => {
  calls = []
  warned = []
  loseAnswer = false
})

/** Makes the slots of one worker. `of` may have its own clock. */
const worker = (of: { clock: ManualClock } = { clock }): RunSlots =>
  createRunSlots({ client, tableName: 'Registry', clock: of.clock, log: (_level, text) => void warned.push(text) })

let made = 0
const runLimitOf = (limit: number, more: Partial<RunLimit> = {}): RunLimit => ({
  namespace: 'acme',
  task: `task-${made++}`,
  limit,
  ...more,
})
const until = () => clock.now() + MINUTE

describe('slots of a run limit', () => {
  it('are given out up to the limit, in one call once the limit was used', async () => {
    const slots = worker()
    const runLimit = runLimitOf(3)
    expect(await slots.take(runLimit, 1, until())).toHaveLength(1)
    expect(calls).toHaveLength(2)
    calls = []
    const taken = await slots.take(runLimit, 2, until())
    expect(new Set(taken).size).toBe(2)
    expect(calls).toEqual(['UpdateItemCommand'])
    calls = []
    expect(await slots.take(runLimit, 1, until())).toEqual([])
    expect(calls).toEqual(['UpdateItemCommand'])
  })

  it('are given out in part where not all are free', async () => {
    const slots = worker()
    const runLimit = runLimitOf(3)
    await slots.take(runLimit, 2, until())
    expect(await slots.take(runLimit, 5, until())).toHaveLength(1)
    expect(await slots.take(runLimitOf(3), 10, until())).toHaveLength(3)
  })

  it('are free again once they are given back, and no others are', async () => {
    const slots = worker()
    const runLimit = runLimitOf(3)
    const [first, second] = await slots.take(runLimit, 3, until())
    calls = []
    await slots.release(runLimit, [first!, second!])
    expect(calls).toEqual(['UpdateItemCommand'])
    await slots.release(runLimit, [first!, 'never-taken'])
    expect(await slots.take(runLimit, 5, until())).toHaveLength(2)
    expect(warned).toEqual([])
  })

  it('are free again when their time is over, and a late holder takes nothing from the next one', async () => {
    const slots = worker()
    const runLimit = runLimitOf(2)
    const lost = await slots.take(runLimit, 2, until())
    await clock.advance(MINUTE - 1)
    expect(await slots.take(runLimit, 1, until())).toEqual([])
    await clock.advance(1)
    calls = []
    expect(await slots.take(runLimit, 1, until())).toHaveLength(1)
    expect(await slots.take(runLimit, 5, until())).toHaveLength(1)
    await slots.release(runLimit, lost)
    expect(await slots.take(runLimit, 1, until())).toEqual([])
  })

  it('are never too many, however many workers ask at once', async () => {
    const runLimit = runLimitOf(7)
    const taken = await Promise.all(Array.from({ length: 25 }, () => worker().take(runLimit, 2, until())))
    expect(taken.flat().length).toBeLessThanOrEqual(7)
    expect(new Set(taken.flat()).size).toBe(taken.flat().length)
    // A worker that lost too many races has left some slots. The next ask gets them.
    const rest = await worker().take(runLimit, 7, until())
    expect(taken.flat().length + rest.length).toBe(7)

    await clock.advance(MINUTE)
    const later = await Promise.all(Array.from({ length: 25 }, () => worker().take(runLimit, 2, until())))
    expect(later.flat().length).toBeLessThanOrEqual(7)
    expect(later.flat().length + (await worker().take(runLimit, 7, until())).length).toBe(7)
  })

  it('are taken over from hundreds of holders that are gone', async () => {
    const slots = worker()
    const runLimit = runLimitOf(200)
    for (let taken = 0; taken < 200; taken += 10) await slots.take(runLimit, 10, until())
    expect(await slots.take(runLimit, 10, until())).toEqual([])
    await clock.advance(MINUTE)
    for (let taken = 0; taken < 200; taken += 10) expect(await slots.take(runLimit, 10, until())).toHaveLength(10)
    expect(await slots.take(runLimit, 1, until())).toEqual([])
  })

  it('are fewer at once after a deployment that lowers the limit', async () => {
    const slots = worker()
    const runLimit = runLimitOf(5)
    const taken = await slots.take(runLimit, 4, until())
    const lowered = { ...runLimit, limit: 2 }
    expect(await slots.take(lowered, 1, until())).toEqual([])
    await slots.release(lowered, taken.slice(0, 3))
    expect(await slots.take(lowered, 2, until())).toHaveLength(1)
  })

  it.each([
    ['the first', 0],
    ['a later', 1],
  ])('are taken once if the answer of %s call is lost', async (_, before) => {
    const slots = worker()
    const runLimit = runLimitOf(before + 2)
    if (before > 0) await slots.take(runLimit, before, until())
    loseAnswer = true
    const taken = await slots.take(runLimit, 2, until())
    expect(loseAnswer).toBe(false)
    expect(taken).toHaveLength(2)
    expect(await slots.take(runLimit, 1, until())).toEqual([])
    await slots.release(runLimit, taken)
    expect(await slots.take(runLimit, 2, until())).toHaveLength(2)
  })

  it('of one run limit do not count for another: namespace, task, group', async () => {
    const slots = worker()
    const task = 'render/large#1'
    const runLimits: RunLimit[] = [
      { namespace: 'a', task, limit: 1 },
      { namespace: 'b', task, limit: 1 },
      { namespace: 'a', task: 'render', limit: 1 },
      { namespace: 'a', task: 'render', group: 'large#1', limit: 1 },
      { namespace: 'a', task, group: 'x', limit: 1 },
      { namespace: 'a', task, group: 'y ü "\\', limit: 1 },
    ]
    for (const runLimit of runLimits) expect(await slots.take(runLimit, 1, until())).toHaveLength(1)
    for (const runLimit of runLimits) expect(await slots.take(runLimit, 1, until())).toEqual([])
  })

  it('end with their item, by the TTL, long after they are free; giving them back then is no error', async () => {
    const slots = worker()
    const runLimit = runLimitOf(1)
    const taken = await slots.take(runLimit, 1, until())
    const { Items: items } = await client.send(
      new ScanCommand({
        TableName: 'Registry',
        FilterExpression: 'sk = :task',
        ExpressionAttributeValues: { ':task': { S: runLimit.task } },
      }),
    )
    expect(items).toHaveLength(1)
    expect(items![0]!['pk']).toEqual({ S: 'acme#slots' })
    expect(Number(items![0]!['ttl']?.N)).toBeGreaterThan(until() / 1_000 + 3_600)
    await client.send(
      new DeleteItemCommand({ TableName: 'Registry', Key: { pk: { S: 'acme#slots' }, sk: { S: runLimit.task } } }),
    )
    await slots.release(runLimit, taken)
    await slots.release(runLimit, [])
    expect(warned).toEqual([])
    expect(await slots.take(runLimit, 1, until())).toHaveLength(1)
  })

  it('become free by themselves if they cannot be given back, with a warning in the log', async () => {
    const slots = createRunSlots({ client, tableName: 'None', clock, log: (_, text) => void warned.push(text) })
    await slots.release(runLimitOf(1), ['one'])
    expect(warned).toHaveLength(1)
    await expect(slots.take(runLimitOf(1), 1, until())).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })
})

it('have conditions of at most 4 KB, which DynamoDB takes', async () => {
  const longest: number[] = []
  client.middlewareStack.add(
    (handle) => (args) => {
      const { UpdateExpression: update = '', ConditionExpression: condition = '' } =
        args.input as UpdateItemCommand['input']
      longest.push(update.length, condition.length)
      return handle(args)
    },
    { step: 'initialize', name: 'lengths' },
  )
  const slots = worker()
  const runLimit = runLimitOf(1_000)
  for (let taken = 0; taken < 100; taken += 10) await slots.take(runLimit, 10, until())
  await clock.advance(MINUTE)
  await slots.take({ ...runLimit, limit: 50 }, 10, until())
  client.middlewareStack.remove('lengths')
  expect(longest.length).toBeGreaterThan(20)
  expect(Math.max(...longest)).toBeLessThan(4_096)
})
