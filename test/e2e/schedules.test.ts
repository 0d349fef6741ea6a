import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { delayName } from '../../lambdas/aws/queue/long-delay.ts'
import { frameOf } from './support/frames.ts'
import { RawSocket } from './support/raw-socket.ts'
import { itNeeds, mintToken, rest, target, uniqueNamespace } from './support/target.ts'

// Tests that schedules run at their times need a clock that can be moved: test/model/schedules.test.ts.

const SOON = 5_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const namespace = uniqueNamespace()
let token: string

beforeAll(async () => {
  token = await mintToken(namespace)
})

const call = (method: string, path: string, body?: unknown) =>
  rest(path, { token, method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })

describe('schedules', () => {
  const nightly = {
    name: 'nightly',
    cron: '0 3 * * ? *',
    timezone: 'Europe/Berlin',
    task: 'greet',
    input: { name: 'Ada' },
  }

  it('are made, paused, resumed, listed and deleted', async () => {
    const made = await call('POST', '/schedules', nightly)
    expect(made).toMatchObject({ status: 201, body: { schedule: { ...nightly, paused: false } } })
    expect(made.body.schedule.nextRunAt).toBeGreaterThan(made.body.schedule.createdAt)
    expect(await call('POST', '/schedules', nightly)).toMatchObject({ status: 200, body: made.body })
    const every = { name: 'often', every: '5m', task: 'greet', paused: true }
    expect(await call('POST', '/schedules', every)).toMatchObject({ status: 201, body: { schedule: { paused: true } } })

    const paused = await call('POST', '/schedules/nightly/pause')
    expect(paused.body.schedule).not.toHaveProperty('nextRunAt')
    const { body: resumed } = await call('POST', '/schedules/often/resume')
    expect(resumed.schedule.nextRunAt - resumed.schedule.createdAt).toBeGreaterThanOrEqual(5 * MINUTE)
    const { body: list } = await call('GET', '/schedules')
    expect(list.schedules).toMatchObject([
      { name: 'nightly', paused: true },
      { name: 'often', paused: false, every: 5 * MINUTE },
    ])

    for (const { name } of [nightly, every]) {
      expect(await call('DELETE', `/schedules/${name}`)).toMatchObject({ status: 204 })
      expect(await call('GET', `/schedules/${name}`)).toMatchObject({
        status: 404,
        body: { error: { code: 'SCHEDULE_NOT_FOUND' } },
      })
    }
  })

  it('are refused if their times or their task are invalid', async () => {
    for (const [change, code] of [
      [{ cron: '0 3 * * *' }, 'INVALID_SCHEDULE'],
      [{ timezone: 'Mars/Olympus' }, 'INVALID_SCHEDULE'],
      [{ task: 'nope' }, 'UNKNOWN_TASK'],
    ] as const) {
      const refused = await call('POST', '/schedules', { ...nightly, ...change })
      expect(refused).toMatchObject({ status: 400, body: { error: { code } } })
    }
    expect((await call('GET', '/schedules')).body).toEqual({ schedules: [] })
  })
})

describe('a delay of hours', () => {
  it('is accepted, shown, and accepted again; the job can be cancelled meanwhile', async () => {
    const job = { id: 'in-two-hours', task: 'greet', input: { name: 'Ada' }, delay: '2h' }
    const startedAt = Date.now()
    expect(await call('POST', '/jobs', job)).toMatchObject({ status: 202, body: { status: 'pending' } })
    const { body: shown } = await call('GET', '/jobs/in-two-hours')
    expect(shown.job.status).toBe('pending')
    expect(Math.abs(shown.job.dueAt - startedAt - 2 * HOUR)).toBeLessThan(SOON)
    expect(await call('POST', '/jobs', job)).toMatchObject({ status: 202, body: { existed: true } })
    expect(await call('POST', '/jobs/in-two-hours/cancel')).toMatchObject({
      status: 200,
      body: { job: { status: 'cancelled' } },
    })
  })

  itNeeds('scheduler', 'leaves no schedule behind when its job is cancelled', async () => {
    const scheduler = new SchedulerClient({
      region: 'us-east-1',
      endpoint: target.endpoint!,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
    const socket = await RawSocket.open({ token, session: 'delays' })
    try {
      for (const id of ['over-rest', 'over-the-socket']) {
        await call('POST', '/jobs', { id, task: 'greet', input: { name: 'Ada' }, delay: '2d' })
        const { createdAt, dueAt } = (await call('GET', `/jobs/${id}`)).body.job
        const schedules = new ListSchedulesCommand({ NamePrefix: await delayName({ namespace, id, createdAt, dueAt }) })
        expect((await scheduler.send(schedules)).Schedules).toHaveLength(1)
        if (id === 'over-rest') await call('POST', `/jobs/${id}/cancel`)
        else {
          socket.send({ type: 'cancel', ref: 1, ids: [id] })
          await socket.frame(frameOf('cancelled'))
        }
        expect((await scheduler.send(schedules)).Schedules).toEqual([])
      }
    } finally {
      scheduler.destroy()
      RawSocket.cutAll()
    }
  })
})
