import {
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { JobRecord } from '../../protocol/job/job.ts'
import type { Schedule } from '../../protocol/schedules/schedule.ts'
import { clientSettings } from '../conformance/cloud/client-settings.ts'
import { modelAssembly } from './support/assembly.ts'
import { startWorld, type World } from './support/world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let world: World

beforeAll(async () => {
  world = await startWorld(await modelAssembly())
}, 60_000)
afterAll(() => world.close())

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
  const answer = await fetch(world.restUrl + path, {
    method,
    headers: { authorization: `Bearer ${await world.token('schedules')}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
}

const jobOf = async (id: string): Promise<JobRecord | undefined> => (await call('GET', `/jobs/${id}`)).body.job
const scheduleOf = async (name: string): Promise<Schedule> => (await call('GET', `/schedules/${name}`)).body.schedule
const idAt = (name: string, ms: number) => `${name}:${new Date(ms).toISOString().slice(0, 19)}Z`
const invocations = (): number =>
  world.cloud.meter.lines().find(({ unit }) => unit === 'schedulerInvocation')?.quantity ?? 0

/** Moves the clock, and lets everything that is due come to its end. */
async function pass(ms: number): Promise<void> {
  await world.clock.advance(ms)
  await world.idle()
}

describe('a delay beyond fifteen minutes', () => {
  it('holds a job back until its time, also if the schedule rings before it', async () => {
    const submitted = await call('POST', '/jobs', { id: 'later', task: 'value', delay: '30d', startWithin: '1h' })
    expect(submitted).toMatchObject({ status: 202, body: { id: 'later', status: 'pending' } })
    const { dueAt, createdAt, expiresAt } = (await jobOf('later'))!
    expect(dueAt).toBe(createdAt + 30 * DAY)
    expect(expiresAt).toBeGreaterThanOrEqual(dueAt! + 7 * DAY)
    await pass(30 * DAY - 5 * MINUTE)
    expect(invocations()).toBe(0)
    await pass(4 * MINUTE + 30_000)
    expect(invocations()).toBe(1)
    expect(world.cloud.activity()).toMatchObject({ visible: 0, hidden: 1 })
    expect(world.runsOf('later')).toBe(0)
    await pass(31_000)
    expect(await jobOf('later')).toMatchObject({ status: 'success' })
    expect(world.runsOf('later')).toBe(1)
  }, 60_000)

  it('runs once however often the job is submitted, and not at all once it is cancelled', async () => {
    const before = invocations()
    for (const id of ['twice', 'twice', 'cancelled']) {
      expect(await call('POST', '/jobs', { id, task: 'value', delay: '2h' })).toMatchObject({ status: 202 })
    }
    await call('POST', '/jobs/cancelled/cancel')
    await pass(2 * HOUR)
    // The cancel has deleted the schedule of its job.
    expect(invocations() - before).toBe(1)
    expect(await jobOf('twice')).toMatchObject({ status: 'success' })
    expect(await jobOf('cancelled')).toMatchObject({ status: 'cancelled' })
    expect([world.runsOf('twice'), world.runsOf('cancelled')]).toEqual([1, 0])
  }, 60_000)
})

describe('a schedule', () => {
  it('submits its task at its rate, stops while it is paused, and ends when it is deleted', async () => {
    const made = await call('POST', '/schedules', { name: 'hourly', every: '1h', task: 'value', tags: ['by-schedule'] })
    expect(made.status).toBe(201)
    const firstAt = (await scheduleOf('hourly')).nextRunAt!
    await pass(HOUR + 1_000)
    await pass(HOUR)
    for (const runAt of [firstAt, firstAt + HOUR]) {
      expect(await jobOf(idAt('hourly', runAt))).toMatchObject({ status: 'success', tags: ['by-schedule'] })
    }
    expect(await scheduleOf('hourly')).toMatchObject({
      lastRunAt: firstAt + HOUR,
      lastJobId: idAt('hourly', firstAt + HOUR),
      nextRunAt: firstAt + 2 * HOUR,
    })
    const before = invocations()
    expect((await call('POST', '/schedules/hourly/pause')).body.schedule.paused).toBe(true)
    await pass(3 * HOUR)
    expect(invocations()).toBe(before)
    const { nextRunAt } = (await call('POST', '/schedules/hourly/resume')).body.schedule as Schedule
    expect(nextRunAt).toBe(firstAt + 5 * HOUR)
    await pass(HOUR)
    expect(await jobOf(idAt('hourly', nextRunAt!))).toMatchObject({ status: 'success' })
    expect(await call('DELETE', '/schedules/hourly')).toMatchObject({ status: 204 })
    await pass(2 * HOUR)
    expect(invocations()).toBe(before + 1)
    expect(await call('GET', '/schedules')).toEqual({ status: 200, body: { schedules: [] } })
  }, 60_000)

  it('follows the wall time of its zone', async () => {
    const wall = { cron: '30 9 ? * MON-FRI *', timezone: 'America/New_York' }
    await call('POST', '/schedules', { name: 'workdays', ...wall, task: 'noop' })
    const { nextRunAt } = await scheduleOf('workdays')
    const inNewYork = new Intl.DateTimeFormat('en-US', {
      timeZone: wall.timezone,
      timeStyle: 'short',
      hourCycle: 'h23',
    })
    expect(inNewYork.format(nextRunAt)).toBe('09:30')
    await pass(nextRunAt! - world.clock.now())
    expect(await jobOf(idAt('workdays', nextRunAt!))).toMatchObject({ status: 'success' })
  }, 60_000)
})

describe('what the scheduler gives up', () => {
  /** Changes the target of the schedule whose input has this text, and leaves its dead-letter queue. */
  async function retarget(text: string, change: (input: string) => object): Promise<void> {
    const client = new SchedulerClient(clientSettings(world.cloud.endpoint))
    try {
      const { Schedules: all = [] } = await client.send(new ListSchedulesCommand({}))
      const read = ({ Name, GroupName }: (typeof all)[number]) =>
        client.send(new GetScheduleCommand({ Name, GroupName }))
      const schedule = (await Promise.all(all.map(read))).find(({ Target }) => Target!.Input!.includes(text))!
      const { Name, GroupName, ScheduleExpression, ActionAfterCompletion, StartDate, FlexibleTimeWindow } = schedule
      const same = { Name, GroupName, ScheduleExpression, ActionAfterCompletion, StartDate, FlexibleTimeWindow }
      const Target = { ...schedule.Target!, ...change(schedule.Target!.Input!) }
      await client.send(new UpdateScheduleCommand({ ...same, Target }))
    } finally {
      client.destroy()
    }
  }

  it('ends the job of a long delay (I1)', async () => {
    await call('POST', '/jobs', { id: 'unsent', task: 'value', delay: '2d' })
    await retarget('"id\\":\\"unsent', (input) => {
      const { QueueUrl: url, ...send } = JSON.parse(input) as { QueueUrl: string }
      return { Input: JSON.stringify({ ...send, QueueUrl: `${url}-gone` }) }
    })
    await pass(2 * DAY)
    expect(await jobOf('unsent')).toMatchObject({ status: 'pending' })
    await pass(DAY)
    expect(await jobOf('unsent')).toMatchObject({ status: 'failed', error: { code: 'MESSAGE_NOT_SENT' } })
  }, 60_000)

  it('is the last error of a schedule', async () => {
    await call('POST', '/schedules', { name: 'broken', every: '1h', task: 'value' })
    await retarget('"name":"broken"', () => ({ Arn: 'arn:aws:lambda:us-east-1:000000000000:function:Gone' }))
    await pass(HOUR + 1_000)
    expect(await scheduleOf('broken')).not.toHaveProperty('lastRunAt')
    await pass(DAY)
    expect(await scheduleOf('broken')).toMatchObject({
      lastRunAt: expect.any(Number),
      lastError: { code: 'UNAVAILABLE', message: expect.not.stringContaining('arn:') },
    })
    expect(world.log.map(({ message }) => message).join()).toMatch(/given up.*function:Gone/)
    expect((await call('DELETE', '/schedules/broken')).status).toBe(204)
  }, 60_000)
})
