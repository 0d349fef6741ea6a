import { beforeAll, describe, expect, it } from '@jest/globals'
import { mintToken, rest, uniqueNamespace } from './support/target.ts'

// Tests that schedules run at their times need a clock that can be moved: test/model/schedules.test.ts.

const SOON = 5_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
let token: string

beforeAll(async () => {
  token = await mintToken(uniqueNamespace())
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
})
