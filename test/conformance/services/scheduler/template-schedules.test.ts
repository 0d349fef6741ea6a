import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../../local/clock.ts'
import { createScheduler, type SchedulerDeps } from '../../../../local/services/scheduler/service.ts'
import type { CreatedResource, LocalService } from '../../../../local/services/service.ts'
import { createQueueSender } from '../../../../local/services/queue-sender.ts'
import { createSqs } from '../../../../local/services/sqs/service.ts'
import { startWireServer } from '../../../../local/wire/server.ts'
import { clientSettings } from '../../cloud/client-settings.ts'
import { cloudContext } from '../../cloud/cloud-context.ts'

const TYPE = 'AWS::Scheduler::Schedule'
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:Jobs'
const HOUR_MS = 3_600_000

let clock: ManualClock
let dataDir: string
let received: () => Promise<readonly string[]>
let service: LocalService
let client: SchedulerClient
let close: () => Promise<void>

beforeEach(() => {
  clock = new ManualClock()
  dataDir = mkdtempSync(join(tmpdir(), 'jobwire-schedules-'))
})
afterEach(async () => {
  await close()
  rmSync(dataDir, { recursive: true })
})

/** Starts Scheduler with a queue and the schedules of a template. */
async function start(schedules: Readonly<Record<string, object>>): Promise<Record<string, CreatedResource>> {
  const server = await startWireServer(0, () => {})
  const endpoint = `http://127.0.0.1:${server.port}`
  const context = cloudContext({ endpoint, clock })
  const sqs = createSqs(context)
  await sqs.resources['AWS::SQS::Queue']!({ logicalId: 'Jobs', type: 'AWS::SQS::Queue', properties: {} })
  const mayCall = () => true
  const queues = createQueueSender(context, { sqs, mayCall })
  const deps = { queues, mayAssume: (role: string) => role.endsWith('/Mine'), mayCall }
  service = createScheduler(cloudContext({ endpoint, clock, dataDir }), deps as unknown as SchedulerDeps)
  close = async () => {
    await service.close!()
    await server.close()
  }
  const created: Record<string, CreatedResource> = {}
  for (const [logicalId, properties] of Object.entries(schedules)) {
    created[logicalId] = await service.resources[TYPE]!({ logicalId, type: TYPE, properties: { ...properties } })
  }
  service.check!()
  await service.start!()
  server.serve({
    apis: [service.api!],
    interceptors: [],
    principalOf: () => ({ kind: 'owner', name: 'client' }),
    executeApis: [],
  })
  client = new SchedulerClient(clientSettings(endpoint))
  received = async () => {
    const messages = await sqs.queueByArn(QUEUE_ARN).receive({ maxMessages: 10, waitMs: 0 })
    return messages.map(({ body }) => body)
  }
  close = async () => {
    client.destroy()
    await service.close!()
    await server.close()
  }
  return created
}

const at = (ms: number): string => `at(${new Date(ms).toISOString().slice(0, 19)})`
const names = async () => (await client.send(new ListSchedulesCommand({}))).Schedules!.map(({ Name }) => Name)

function schedule(input: string, more: object = {}, target: object = {}): object {
  return {
    ScheduleExpression: at(clock.now() + HOUR_MS),
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: QUEUE_ARN, RoleArn: 'arn:aws:iam::000000000000:role/Mine', Input: input, ...target },
    ...more,
  }
}

it('runs a schedule of a template at its time', async () => {
  const created = await start({
    Nightly: schedule('nightly', { Name: 'nightly' }, { RetryPolicy: { MaximumRetryAttempts: '2' } }),
    Recurring: schedule('recurring', {
      ScheduleExpression: 'rate(30 minutes)',
      StartDate: new Date(clock.now() + HOUR_MS).toISOString(),
      EndDate: new Date(clock.now() + 2 * HOUR_MS - 1).toISOString(),
    }),
  })
  expect(created['Nightly']).toEqual({
    ref: 'nightly',
    attributes: { Arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/nightly' },
  })
  expect(await received()).toEqual([])
  await clock.advance(HOUR_MS)
  expect([...(await received())].sort()).toEqual(['nightly', 'recurring'])
  await clock.advance(2 * HOUR_MS)
  expect(await received()).toContain('recurring')
})

it('keeps the runs of a schedule over a restart, and drops what the template no longer has', async () => {
  const kept = schedule('kept')
  await start({ Kept: kept, Dropped: schedule('dropped') })
  await clock.advance(HOUR_MS)
  expect([...(await received())].sort()).toEqual(['dropped', 'kept'])
  await close()
  await start({ Kept: kept })
  expect(await names()).toEqual(['Kept'])
  await clock.advance(HOUR_MS)
  expect(await received()).toEqual([])
})

it('does not make up for a time that had passed when the template was started first', async () => {
  await start({ Past: schedule('past', { ScheduleExpression: at(clock.now() - HOUR_MS) }) })
  await clock.advance(HOUR_MS)
  expect(await received()).toEqual([])
  expect(await names()).toEqual(['Past'])
})

it('removes a schedule that an update of the template no longer has', async () => {
  const properties = schedule('gone') as Record<string, unknown>
  const { Gone } = await start({ Gone: properties })
  const resource = { logicalId: 'Gone', type: TYPE, properties }
  await service.changes![TYPE]!.remove!({ resource, created: Gone! })
  expect(await names()).toEqual([])
  await clock.advance(HOUR_MS)
  expect(await received()).toEqual([])
})

it('takes a schedule for a stand-in if its target or its role is not here', async () => {
  const created = await start({
    Machine: schedule('x', {}, { Arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m' }),
    Foreign: schedule('x', {}, { RoleArn: 'arn:aws:iam::000000000000:role/Other' }),
  })
  expect(created['Machine']!.standIn?.reason).toContain('arn:aws:states:us-east-1:000000000000:stateMachine:m')
  expect(created['Foreign']!.standIn?.reason).toContain('role/Other')
  expect(await names()).toEqual([])
})

it('refuses what AWS refuses, and a group that does not exist', async () => {
  const failsToStart = async (schedules: Readonly<Record<string, object>>): Promise<string> => {
    const failure: unknown = await start(schedules).catch((error: unknown) => error)
    await close()
    return String(failure)
  }
  const wrong = await failsToStart({ Wrong: schedule('x', { ScheduleExpression: 'rate(10 years)' }) })
  expect(wrong).toContain('Wrong: Invalid Schedule Expression rate(10 years).')
  expect(await failsToStart({ Lost: schedule('x', { GroupName: 'none' }) })).toContain('in the group none')
  await start({})
})
