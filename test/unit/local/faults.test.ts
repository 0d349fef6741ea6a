import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../local/clock.ts'
import { CallLog } from '../../../local/faults/call-log.ts'
import { createFaultInjector } from '../../../local/faults/fault-injector.ts'
import type { CallFault } from '../../../local/faults/fault-plan.ts'
import { seededFaults } from '../../../local/faults/seeded-faults.ts'
import { ConnectionCut, type AwsAnswer, type AwsCall } from '../../../local/wire/call.ts'
import { awsCall } from '../../support/aws-call.ts'

function callOf(operation: string, input: Record<string, unknown> = {}, more: Partial<AwsCall> = {}): AwsCall {
  const principal = { kind: 'role', name: 'Worker' } as const
  return { ...awsCall('dynamodb', operation, { input }), principal, accessKeyId: 'key-1', ...more }
}

/** Makes one call under one fault. Returns its outcome and what happened on the way. */
async function meet(fault: CallFault | undefined, call: AwsCall, answer: Record<string, unknown> = {}) {
  const happened: string[] = []
  const made: Record<string, unknown>[] = []
  const inject = createFaultInjector(fault === undefined ? {} : { onCall: () => fault }, {
    clock: new ManualClock(),
    crash: (key) => happened.push(`crashed ${key}`),
    cutConnection: (id) => happened.push(`cut ${id}`),
  })
  const next = (instead = call): Promise<AwsAnswer> => {
    happened.push('made')
    made.push(instead.input())
    return Promise.resolve({ status: 200, body: JSON.stringify(answer) })
  }
  const result = await inject(call, next).catch((error: Error) => error)
  return { result, happened, made }
}

const push = callOf('PostToConnection', {}, { service: 'execute-api', path: '/x/v1/@connections/abc%3D' })

describe('a fault', () => {
  it('crashes the caller before or after the call, and leaves it without an answer', async () => {
    const before = await meet({ type: 'crash', when: 'before' }, callOf('PutItem'))
    expect(before).toMatchObject({ happened: ['crashed key-1'], result: expect.any(ConnectionCut) })
    const after = await meet({ type: 'crash', when: 'after' }, callOf('PutItem'))
    expect(after).toMatchObject({ happened: ['made', 'crashed key-1'], result: expect.any(ConnectionCut) })
  })

  it('throttles with the error of the service', async () => {
    const table = await meet({ type: 'throttle' }, callOf('PutItem'))
    expect(table).toMatchObject({ happened: [], result: { code: 'ProvisionedThroughputExceededException' } })
    expect((await meet({ type: 'throttle' }, push)).result).toMatchObject({ status: 429 })
  })

  it('throttles some statements of a batch, each with its own error, and runs the others', async () => {
    const { result, made } = await meet(
      { type: 'partial', places: [1] },
      callOf('BatchExecuteStatement', { Statements: ['a', 'b', 'c'] }),
      { Responses: [{ of: 'a' }, { of: 'c' }] },
    )
    expect(made).toEqual([{ Statements: ['a', 'c'] }])
    expect(JSON.parse(String((result as AwsAnswer).body))).toEqual({
      Responses: [{ of: 'a' }, { Error: expect.objectContaining({ Code: 'ThrottlingError' }) }, { of: 'c' }],
    })
  })

  it('refuses some messages of a batch, and leaves some keys of a batched read undone', async () => {
    const sent = await meet(
      { type: 'partial', places: [0] },
      callOf('SendMessageBatch', { Entries: [{ Id: 'x' }, { Id: 'y' }] }, { service: 'sqs' }),
      { Successful: [{ Id: 'y' }] },
    )
    expect(JSON.parse(String((sent.result as AwsAnswer).body))).toEqual({
      Successful: [{ Id: 'y' }],
      Failed: [expect.objectContaining({ Id: 'x', SenderFault: false })],
    })
    const read = await meet(
      { type: 'partial', places: [0] },
      callOf('BatchGetItem', { RequestItems: { T: { Keys: [1] } } }),
    )
    expect(read.happened).toEqual([])
    expect(JSON.parse(String((read.result as AwsAnswer).body))).toMatchObject({ UnprocessedKeys: { T: { Keys: [1] } } })
  })

  it('breaks the connection that is pushed to, with or without an error for the pusher', async () => {
    expect(await meet({ type: 'gone' }, push)).toMatchObject({ happened: ['cut abc='], result: { status: 410 } })
    expect(await meet({ type: 'lost' }, push)).toMatchObject({ happened: ['cut abc='], result: { status: 200 } })
  })

  it('affects calls of functions only', async () => {
    const call = callOf('PutItem', {}, { principal: { kind: 'owner', name: 'client' } })
    expect((await meet({ type: 'throttle' }, call)).happened).toEqual(['made'])
  })
})

describe('faults by seed', () => {
  const faultsOf = (seed: number) => {
    const plan = seededFaults(seed, { crash: 0.1, throttle: 0.2, delay: 0.1 })
    return Array.from({ length: 1_000 }, (_, nth) => plan.onCall!(callOf('PutItem'), nth))
  }

  it('are the same for the same seed, and differ for another', () => {
    expect(faultsOf(1)).toEqual(faultsOf(1))
    expect(faultsOf(1)).not.toEqual(faultsOf(2))
  })

  it('happen about as often as asked', () => {
    const crashes = faultsOf(3).filter((fault) => fault?.type === 'crash').length
    expect(crashes).toBeGreaterThan(60)
    expect(crashes).toBeLessThan(140)
    expect(faultsOf(3).filter((fault) => fault === undefined).length).toBeGreaterThan(500)
  })
})

describe('the log of calls', () => {
  it('counts by caller and operation', async () => {
    const calls = new CallLog()
    const next = () => Promise.resolve({ status: 200, body: '' })
    for (let made = 0; made < 3; made++) await calls.interceptor(callOf('PutItem'), next)
    await calls.interceptor(callOf('GetItem'), next)
    expect(calls.count('PutItem', 'Worker')).toBe(3)
    expect(calls.count('PutItem', 'Other')).toBe(0)
    expect(calls.lines()).toContainEqual({ by: 'Worker', operation: 'GetItem', calls: 1 })
  })
})
