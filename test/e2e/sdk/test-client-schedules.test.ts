// The same schedules and webhooks for the client in memory and for the real one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire, NewSchedule } from '@jobwire/sdk'
import { createTestClient } from '@jobwire/sdk/testing'
import { verifyWebhook } from '@jobwire/sdk/webhook'
import { tasks } from '../../../tasks/index.ts'
import { Receiver } from '../../support/receiver.ts'
import { all, codeOf, SUBJECTS } from '../support/both-clients.ts'
import { connectAs, itNeeds, mintToken, rest, uniqueNamespace, type Tasks } from '../support/target.ts'

const MINUTE = 60_000
const namespace = uniqueNamespace()

describe.each(SUBJECTS)('schedules by the client %s', (_name, open) => {
  let jobs: Jobwire<Tasks>

  beforeAll(async () => {
    ;({ jobs } = await open(namespace))
  })
  afterAll(() => jobs.close())

  const nightly = {
    name: 'nightly',
    task: 'greet',
    input: { name: 'Ada' },
    tags: ['night'],
    runTimeout: '20s',
    cron: '0 3 * * ? *',
    timezone: 'Europe/Berlin',
  } satisfies NewSchedule<'greet'>

  it('are made once', async () => {
    const { createdAt, nextRunAt, ...made } = await jobs.schedules.create(nightly)
    const { runTimeout: timeout, ...asked } = nightly
    expect(made).toEqual({ ...asked, timeout, paused: false })
    expect(new Date(nextRunAt!).toISOString()).toMatch(/T0[12]:00:00.000Z$/)
    expect(await jobs.schedules.create(nightly)).toEqual({ ...made, createdAt, nextRunAt })
    expect(await codeOf(jobs.schedules.create({ ...nightly, input: { name: 'Lin' } }))).toBe('SCHEDULE_EXISTS')
    expect(await codeOf(jobs.schedules.create({ ...nightly, cron: '0 4 * * ? *' }))).toBe('SCHEDULE_EXISTS')
  })

  it('are paused and resumed', async () => {
    const rests = await jobs.schedules.create({ name: 'often', task: 'noop', every: '5m', paused: true })
    expect(rests).toEqual({ name: 'often', task: 'noop', every: 5 * MINUTE, paused: true, createdAt: rests.createdAt })
    const { nextRunAt, ...woken } = await jobs.schedules.resume('often')
    expect(woken).toEqual({ ...rests, paused: false })
    expect(nextRunAt! - rests.createdAt).toBeGreaterThanOrEqual(5 * MINUTE)
    expect(nextRunAt! % 1_000).toBe(0)
    expect(await jobs.schedules.pause('often')).toEqual(rests)
    expect(await jobs.schedules.get('often')).toEqual(rests)
  })

  it('are listed by their names, and deleted', async () => {
    expect((await all(jobs.schedules.list({ limit: 1 }))).map(({ name }) => name)).toEqual(['nightly', 'often'])
    expect(await jobs.schedules.list({ limit: 1 })).toMatchObject({ schedules: [{ name: 'nightly' }], next: 'nightly' })
    for (const name of ['nightly', 'often']) await jobs.schedules.delete(name)
    expect(await jobs.schedules.list()).toEqual({ schedules: [] })
    expect(await codeOf(jobs.schedules.resume('often'))).toBe('SCHEDULE_NOT_FOUND')
  })
})

describe('the webhook of a test client', () => {
  itNeeds('localReceivers', 'is what the platform sends', async () => {
    const receiver = await Receiver.listen()
    const real = await connectAs(namespace)
    const test = createTestClient<Tasks>({ tasks, namespace })
    const url = receiver.url('/hook')
    const { secret } = (await rest('/webhooks/secret', { token: await mintToken(namespace) })).body
    for (const [task, input] of [
      ['greet', { name: 'Ada' }],
      ['fail', { code: 'OUT_OF_PAPER' }],
    ] as const) {
      for (const jobs of [real, test] as Jobwire<any>[]) {
        const options = { id: task, webhook: { url, data: { order: 17 } }, tags: ['vip'], metadata: { customer: 4 } }
        await (await jobs.submit(task, input, options)).result().catch(() => undefined)
      }
      const sent = await receiver.next('/hook')
      const told = (await test.webhooks()).at(-1)!
      expect(told.url).toBe(url)
      expect(Object.keys(sent.headers)).toEqual(expect.arrayContaining(Object.keys(told.headers)))
      const ours = await verifyWebhook(told.body, told.headers, await test.webhookSecret())
      expect(timeless(ours)).toEqual(timeless(await verifyWebhook(sent.body, sent.headers, secret)))
      expect(ours).toEqual(told.event)
    }
    await Promise.all([real.close(), test.close(), receiver.close()])
  })
})

/** Returns an event without its times: nothing else differs. */
function timeless({ timestamp, data: { job, ...data }, ...event }: Awaited<ReturnType<typeof verifyWebhook>>) {
  const { startedAt, finishedAt, ...told } = job
  expect([startedAt, finishedAt].every(Number.isInteger)).toBe(true)
  expect(Date.parse(timestamp)).toBe(finishedAt)
  return { ...event, data: { ...data, job: told } }
}
