import { describe, expect, it } from '@jest/globals'
import type { SQSEvent } from 'aws-lambda'
import { SCHEDULE_ROUTES } from '../../../../lambdas/handlers/schedules/schedule-routes.ts'
import { createDeadLettersHandler } from '../../../../lambdas/handlers/dead-letters/dead-letters.ts'
import type { JobState } from '../../../../lambdas/domain/job/job-state.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { MemoryScheduleStore } from '../../../../sdk/src/testing/schedule-store.ts'
import { FakeTimer } from '../../fakes/schedule-timer.ts'
import { createPlatform, jobOf, messageOf } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

const HOUR = 3_600_000
const TIME = '2026-01-01T02:00:00Z'

function setUp() {
  const platform = createPlatform()
  const tasks = { report: defineTask({ run: () => 1 }) }
  const ports = {
    ...platform,
    schedules: new MemoryScheduleStore(),
    timer: new FakeTimer(),
    ...taskPorts(tasks),
  }
  const request = async (route: 'POST /schedules' | 'GET /schedules/{name}', body: object = {}) => {
    const parts = { namespace: 'acme', body: JSON.stringify(body), pathParameters: { name: 'nightly' }, query: {} }
    return JSON.parse((await SCHEDULE_ROUTES[route](ports, parts)).body) as { schedule: Record<string, unknown> }
  }
  return {
    ...ports,
    handle: createDeadLettersHandler(ports),
    createNightly: () => request('POST /schedules', { name: 'nightly', cron: '0 2 * * ? *', task: 'report' }),
    nightly: async () => (await request('GET /schedules/{name}')).schedule,
    ring: () => ({ namespace: 'acme', name: 'nightly', timerId: ports.timer.timerId, time: TIME }),
    errors: () => platform.logged.filter(([level]) => level === 'error').map(([, message]) => message),
  }
}

function eventOf(body: object, scheduledTime = TIME): SQSEvent {
  const attribute = (stringValue: string) => ({ stringValue, dataType: 'String' })
  const record = {
    messageId: 'letter',
    receiptHandle: 'receipt',
    body: JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(Date.parse(TIME)) },
    messageAttributes: {
      SCHEDULED_TIME: attribute(scheduledTime),
      ERROR_CODE: attribute('AWS.SimpleQueueService.NonExistentQueue'),
      ERROR_MESSAGE: attribute('There is no such queue.'),
    },
  }
  return { Records: [record] } as unknown as SQSEvent
}

/** The record that Lambda sends to the destination for failures. */
const lambdaRecord = (requestPayload: object): object => ({
  version: '1.0',
  requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
  requestPayload,
  responsePayload: { errorType: 'Error', errorMessage: 'The table is down.' },
})

describe('a delayed message that Scheduler could not send', () => {
  async function setUpDelay(state?: Partial<JobState>) {
    const platform = setUp()
    const dueAt = Date.parse(TIME) + 60_000
    const job = jobOf('later', 'report', { dueAt, expiresAt: dueAt + 24 * HOUR })
    await platform.store.insert([job], 's@c')
    if (state !== undefined) platform.store.force('later', { version: 2, status: 'pending', attempts: 0, ...state })
    const letter = eventOf({ QueueUrl: 'https://sqs/gone', MessageBody: JSON.stringify(messageOf(job)) })
    return { ...platform, dueAt, letter }
  }

  it('fails its job, so that it does not wait for ever (I1)', async () => {
    const { handle, letter, store, pusher, errors } = await setUpDelay()
    for (const _ of [1, 2]) expect(await handle(letter)).toEqual({ batchItemFailures: [] })
    const failed = { status: 'failed', attempts: 0, error: { code: 'MESSAGE_NOT_SENT', retryable: true } }
    expect(store.state('later')).toMatchObject(failed)
    expect(store.history.get('later')).toHaveLength(2)
    expect(pusher.updatesOf('later')[0]).toMatchObject(failed)
    expect(errors()).toContain('The message of a delayed job could not be sent.')
  })

  it('fails a job between two attempts with the error of the latest one', async () => {
    const error = { code: 'OUT_OF_PAPER', message: 'Load tray 2.', retryable: true }
    const { handle, letter, store } = await setUpDelay({ attempts: 1, error, dueAt: Date.parse(TIME) + 60_999 })
    await handle(letter)
    expect(store.state('later')).toMatchObject({ status: 'failed', attempts: 1, error })
  })

  it.each<[string, Partial<JobState>]>([
    ['runs', { status: 'running' }],
    ['has ended', { status: 'cancelled' }],
    ['waits for a later time', { attempts: 1, dueAt: Date.parse(TIME) + HOUR }],
  ])('leaves a job alone that %s', async (_name, state) => {
    const { handle, letter, store } = await setUpDelay(state)
    expect(await handle(letter)).toEqual({ batchItemFailures: [] })
    expect(store.state('later')).toMatchObject({ version: 2, ...state })
  })

  it('comes again if the end of its job could not be stored', async () => {
    const { handle, letter, store, clock } = await setUpDelay()
    store.before = (call) => {
      if (call === 'write') throw new Error('throttled')
    }
    const answer = handle(letter)
    for (let waits = 0; waits < 10; waits++) await clock.advance(HOUR)
    expect(await answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'letter' }] })
  })
})

describe('a ring of a schedule that was given up', () => {
  it.each<[string, (ring: object) => object, RegExp]>([
    ['by Scheduler', (ring) => ring, /NonExistentQueue: There is no such queue\./],
    ['by Lambda', lambdaRecord, /RetriesExhausted: Error: The table is down\./],
  ])('%s is the last error of the schedule, and is in the log', async (_name, wrap, reason) => {
    const { createNightly, nightly, handle, ring, errors, logged } = setUp()
    await createNightly()
    expect(await handle(eventOf(wrap(ring())))).toEqual({ batchItemFailures: [] })
    // The reason may name resources of AWS. A client must not see them.
    const message = 'The run of the schedule "nightly" failed, and was given up after several tries.'
    expect(await nightly()).toMatchObject({ lastRunAt: Date.parse(TIME), lastError: { code: 'UNAVAILABLE', message } })
    expect(errors()).toEqual(['A run of a schedule was given up.'])
    const fields = { namespace: 'acme', schedule: 'nightly', time: TIME, reason: expect.stringMatching(reason) }
    expect(logged.at(-1)![2]).toMatchObject(fields)
  })

  it('counts for the time that it was planned for, even if the placeholder of the time is not filled in', async () => {
    const { createNightly, nightly, handle, ring } = setUp()
    await createNightly()
    await handle(eventOf({ ...ring(), time: '<aws.scheduler.scheduled-time>' }, '2026-01-02T02:00:00Z'))
    expect(await nightly()).toMatchObject({ lastRunAt: Date.UTC(2026, 0, 2, 2) })
  })

  it('fails the job that its last try stored without a message (I1)', async () => {
    const { createNightly, nightly, handle, ring, store } = setUp()
    await createNightly()
    const id = `nightly:${TIME}`
    await store.insert([jobOf(id, 'report')], undefined)
    await handle(eventOf(lambdaRecord(ring())))
    expect(store.state(id)).toMatchObject({ status: 'failed', error: { code: 'MESSAGE_NOT_SENT' } })
    const schedule = await nightly()
    expect(schedule).toMatchObject({ lastJobId: id })
    expect(schedule).not.toHaveProperty('lastError')
  })

  it('leaves a job alone that has started, and a schedule that has no such timer', async () => {
    const { createNightly, nightly, handle, ring, store } = setUp()
    await createNightly()
    const id = `nightly:${TIME}`
    await store.insert([jobOf(id, 'report')], undefined)
    store.force(id, { version: 2, status: 'running', attempts: 0 })
    expect(await handle(eventOf(lambdaRecord({ ...ring(), timerId: 'before' })))).toEqual({ batchItemFailures: [] })
    expect(store.state(id)).toMatchObject({ status: 'running' })
    expect(await nightly()).not.toHaveProperty('lastRunAt')
  })

  it('comes again if it could not be recorded', async () => {
    const { createNightly, handle, ring, schedules } = setUp()
    await createNightly()
    schedules.noteRun = () => Promise.reject(new Error('throttled'))
    expect(await handle(eventOf(ring()))).toEqual({ batchItemFailures: [{ itemIdentifier: 'letter' }] })
  })
})
