import { beforeEach, describe, expect, it } from '@jest/globals'
import { SCHEDULE_ROUTES } from '../../../../lambdas/handlers/schedules/schedule-routes.ts'
import { createScheduledHandler } from '../../../../lambdas/handlers/schedules/scheduled.ts'
import { holdingBack } from '../../../../lambdas/domain/queue/hold-back.ts'
import { submitJobs } from '../../../../lambdas/domain/submit/submit-jobs.ts'
import { MAX_INLINE_BYTES } from '../../../../protocol/kit/limits.ts'
import { accept } from '../../../../protocol/kit/parsed.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { MemoryScheduleStore } from '../../../../sdk/src/testing/schedule-store.ts'
import { FakeTimer } from '../../fakes/schedule-timer.ts'
import { createPlatform, jobOf, messageOf } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NIGHTLY = {
  name: 'nightly',
  cron: '0 3 * * ? *',
  timezone: 'Europe/Berlin',
  task: 'report',
  input: { full: true },
}

function setUp() {
  const inMemory = createPlatform()
  const tasks = { report: defineTask({ run: (input: unknown) => input }) }
  const ports = {
    ...inMemory,
    schedules: new MemoryScheduleStore(),
    timer: new FakeTimer(),
    ...taskPorts(tasks),
  }
  const request =
    (route: keyof typeof SCHEDULE_ROUTES) =>
    async (name = '', { body = {}, query = {}, namespace = 'acme' }: Partial<RequestParts> = {}) => {
      const { statusCode, body: text } = await SCHEDULE_ROUTES[route](ports, {
        namespace,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        pathParameters: { name },
        query,
      })
      return { status: statusCode, body: text === '' ? undefined : JSON.parse(text) }
    }
  const create = (body: unknown, namespace = 'acme') => request('POST /schedules')('', { body, namespace })
  return {
    ...ports,
    create,
    get: request('GET /schedules/{name}'),
    list: request('GET /schedules'),
    remove: request('DELETE /schedules/{name}'),
    pause: request('POST /schedules/{name}/pause'),
    resume: request('POST /schedules/{name}/resume'),
    ring: createScheduledHandler(ports),
  }
}

interface RequestParts {
  readonly body: unknown
  readonly query: Record<string, string[]>
  readonly namespace: string
}

let platform: ReturnType<typeof setUp>

beforeEach(() => {
  platform = setUp()
})

describe('a schedule', () => {
  it('is created, and says when it runs next', async () => {
    const { create, get, timer, clock } = platform
    const schedule = {
      ...NIGHTLY,
      paused: false,
      createdAt: clock.now(),
      nextRunAt: Date.UTC(2026, 0, 1, 2),
    }
    expect(await create(NIGHTLY)).toEqual({ status: 201, body: { schedule } })
    expect(await get('nightly')).toEqual({ status: 200, body: { schedule } })
    expect(timer.calls).toEqual(['start nightly'])
  })

  it('that is created again is the same, and its timer is started once more', async () => {
    const { create, timer, clock } = platform
    await create(NIGHTLY)
    const createdAt = clock.now()
    await clock.advance(HOUR)
    const { input, ...rest } = NIGHTLY
    expect(await create({ input, ...rest })).toMatchObject({ status: 200, body: { schedule: { createdAt } } })
    expect(timer.calls).toEqual(['start nightly', 'start nightly'])
  })

  it.each([
    ['another input', { input: { full: false } }],
    ['another time', { cron: '0 4 * * ? *' }],
    ['a priority', { priority: 'high' }],
  ])('is not replaced by one with %s', async (_name, change) => {
    const { create, timer } = platform
    await create(NIGHTLY)
    const refused = await create({ ...NIGHTLY, ...change })
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'SCHEDULE_EXISTS', path: 'name' } } })
    expect(timer.calls).toHaveLength(1)
  })

  it('with a rate runs first after one interval, and then at every interval', async () => {
    const { create, get, clock } = platform
    await clock.advance(500)
    await create({ name: 'often', every: '90m', task: 'report' })
    const start = Math.ceil(clock.now() / 1_000) * 1_000
    const nextRunAt = async () => (await get('often')).body.schedule.nextRunAt - start
    expect(await nextRunAt()).toBe(90 * MINUTE)
    await clock.advance(4 * HOUR)
    expect(await nextRunAt()).toBe(3 * 90 * MINUTE)
  })

  it('does not run while it is paused, and has no next time', async () => {
    const { create, pause, resume, timer } = platform
    await create({ ...NIGHTLY, paused: true })
    expect(timer.calls).toEqual([])
    const resumed = await resume('nightly')
    expect(resumed.body.schedule).toMatchObject({ paused: false, nextRunAt: expect.any(Number) })
    const paused = await pause('nightly')
    expect(paused.body.schedule).toMatchObject({ paused: true })
    expect(paused.body.schedule).not.toHaveProperty('nextRunAt')
    expect(timer.calls).toEqual(['start nightly', 'stop nightly'])
  })

  it('is gone once it is deleted', async () => {
    const { create, remove, get, timer } = platform
    await create(NIGHTLY)
    expect(await remove('nightly')).toEqual({ status: 204, body: undefined })
    expect(timer.calls).toEqual(['start nightly', 'stop nightly'])
    const missing = { status: 404, body: { error: { code: 'SCHEDULE_NOT_FOUND' } } }
    expect(await get('nightly')).toMatchObject(missing)
    expect(await remove('nightly')).toMatchObject(missing)
    expect(await platform.pause('nightly')).toMatchObject(missing)
  })

  it('is deleted even if its timer cannot be stopped now', async () => {
    const { create, remove, get, timer } = platform
    await create(NIGHTLY)
    timer.stop = () => Promise.reject(new Error('Scheduler is down'))
    expect(await remove('nightly')).toMatchObject({ status: 204 })
    expect(await get('nightly')).toMatchObject({ status: 404 })
  })

  it('is not visible in another namespace', async () => {
    const { create, get, list } = platform
    await create(NIGHTLY)
    expect(await get('nightly', { namespace: 'other' })).toMatchObject({ status: 404 })
    expect(await list('', { namespace: 'other' })).toEqual({ status: 200, body: { schedules: [] } })
    expect(await create({ ...NIGHTLY, cron: '0 5 * * ? *' }, 'other')).toMatchObject({ status: 201 })
  })

  it('is listed by name, page by page', async () => {
    const { create, list } = platform
    for (const name of ['c', 'a', 'b']) await create({ ...NIGHTLY, name })
    const first = await list('', { query: { limit: ['2'] } })
    expect(first.body.schedules.map(({ name }: { name: string }) => name)).toEqual(['a', 'b'])
    expect(first.body.next).toBe('b')
    const second = await list('', { query: { limit: ['2'], after: ['b'] } })
    expect(second.body).toEqual({ schedules: [expect.objectContaining({ name: 'c' })] })
  })
})

describe('a schedule is refused that has', () => {
  it.each([
    ['invalid JSON', '{', 'INVALID_JSON', undefined],
    ['no object', [], 'INVALID_REQUEST', undefined],
    ['no name', { ...NIGHTLY, name: undefined }, 'INVALID_REQUEST', 'name'],
    ['a name with a slash', { ...NIGHTLY, name: 'a/b' }, 'INVALID_REQUEST', 'name'],
    ['a name too long for an id with a time', { ...NIGHTLY, name: 'n'.repeat(101) }, 'INVALID_REQUEST', 'name'],
    ['no times', { name: 'n', task: 'report' }, 'INVALID_SCHEDULE', 'cron'],
    ['both kinds of times', { ...NIGHTLY, every: '1h' }, 'INVALID_SCHEDULE', 'every'],
    ['a cron of five fields', { ...NIGHTLY, cron: '0 3 * * *' }, 'INVALID_SCHEDULE', 'cron'],
    ['a cron that is past', { ...NIGHTLY, cron: '0 3 * * ? 2020' }, 'INVALID_SCHEDULE', 'cron'],
    ['an unknown zone', { ...NIGHTLY, timezone: 'Mars/Olympus' }, 'INVALID_SCHEDULE', 'timezone'],
    ['a zone for a rate', { name: 'n', task: 'report', every: '1h', timezone: 'UTC' }, 'INVALID_SCHEDULE', 'timezone'],
    ['a rate of seconds', { name: 'n', task: 'report', every: '90s' }, 'INVALID_SCHEDULE', 'every'],
    ['a rate too fast', { name: 'n', task: 'report', every: '30s' }, 'INVALID_REQUEST', 'every'],
    ['a rate too slow', { name: 'n', task: 'report', every: '366d' }, 'INVALID_REQUEST', 'every'],
    ['an unknown task', { ...NIGHTLY, task: 'nope' }, 'UNKNOWN_TASK', 'task'],
    ['an id', { ...NIGHTLY, id: 'x' }, 'INVALID_REQUEST', 'id'],
    ['a delay', { ...NIGHTLY, delay: '1h' }, 'INVALID_REQUEST', 'delay'],
    ['an unknown field', { ...NIGHTLY, when: 'now' }, 'INVALID_REQUEST', 'when'],
    ['a value of paused that is no boolean', { ...NIGHTLY, paused: 'yes' }, 'INVALID_REQUEST', 'paused'],
    ['a large input', { ...NIGHTLY, input: 'x'.repeat(MAX_INLINE_BYTES) }, 'PAYLOAD_TOO_LARGE', 'input'],
  ])('%s', async (_name, body, code, path) => {
    const { create, schedules } = platform
    const { status, body: answer } = await create(body)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(answer.error).toMatchObject(path === undefined ? { code } : { code, path })
    expect(await schedules.list('acme', { limit: 1 })).toEqual([])
  })
})

describe('a run', () => {
  const ringAt = (time = '2026-01-01T02:00:00Z') => ({
    namespace: 'acme',
    name: 'nightly',
    timerId: platform.timer.timerId,
    time,
  })

  it('submits one job for its time, however often the timer rings', async () => {
    const { create, ring, get, queue, store } = platform
    await create({ ...NIGHTLY, tags: ['night'] })
    const id = 'nightly:2026-01-01T02:00:00Z'
    await ring(ringAt())
    expect(queue.sent).toMatchObject([{ id, namespace: 'acme', task: 'report', input: { full: true } }])
    expect(await store.read({ namespace: 'acme', id })).toMatchObject({ status: 'pending', tags: ['night'] })
    await ring(ringAt())
    expect(new Set(queue.sent.map((message) => message.id)).size).toBe(1)
    expect((await get('nightly')).body.schedule).toMatchObject({
      lastRunAt: Date.UTC(2026, 0, 1, 2),
      lastJobId: id,
    })
  })

  it('that comes late does not replace a later one', async () => {
    const { create, ring, get } = platform
    await create(NIGHTLY)
    await ring(ringAt('2026-01-02T02:00:00Z'))
    await ring(ringAt('2026-01-01T02:00:00Z'))
    expect((await get('nightly')).body.schedule.lastJobId).toBe('nightly:2026-01-02T02:00:00Z')
  })

  it('does nothing if its schedule is paused, deleted or replaced by now, and stops its timer', async () => {
    const { create, pause, remove, ring, queue, timer } = platform
    await create(NIGHTLY)
    const late = ringAt()
    await ring({ ...late, timerId: 'before' })
    expect(timer.calls).toEqual(['start nightly', 'stop nightly'])
    await pause('nightly')
    await ring(late)
    expect(timer.calls.slice(2)).toEqual(['stop nightly', 'stop nightly'])
    await remove('nightly')
    await ring(late)
    expect(timer.calls.slice(4)).toEqual(['stop nightly', 'stop nightly'])
    expect(queue.sent).toEqual([])
  })

  it('of a timer from before a pause does nothing after the resume', async () => {
    const { create, pause, resume, ring, queue } = platform
    await create(NIGHTLY)
    const late = ringAt()
    await pause('nightly')
    await resume('nightly')
    await ring(late)
    expect(queue.sent).toEqual([])
    await ring(ringAt())
    expect(queue.sent).toHaveLength(1)
  })

  it('records why its job was refused', async () => {
    const { create, ring, get, catalog } = platform
    await create(NIGHTLY)
    delete (catalog as Record<string, unknown>)['report']
    await ring(ringAt())
    const { schedule } = (await get('nightly')).body
    expect(schedule).toMatchObject({ lastError: { code: 'UNKNOWN_TASK' } })
    expect(schedule).not.toHaveProperty('lastJobId')
  })

  it('rejects if its job could not be stored or sent, so that it is tried again', async () => {
    const { create, ring, get, queue } = platform
    await create(NIGHTLY)
    queue.failing.add('nightly:2026-01-01T02:00:00Z')
    await expect(ring(ringAt())).rejects.toThrow(/unknown if the job was accepted/)
    expect((await get('nightly')).body.schedule).not.toHaveProperty('lastRunAt')
    queue.failing.clear()
    await ring(ringAt())
    expect(queue.sent).toHaveLength(1)
  })
})

describe('a long delay', () => {
  function setUpDelays() {
    const { queue, clock, longDelay, ...rest } = createPlatform()
    const { later, failing } = longDelay
    return { ...rest, clock, near: queue, longDelay, later, failing, queue: holdingBack(queue, longDelay, clock) }
  }

  it('is kept out of the queues if it is longer than fifteen minutes', async () => {
    const { queue, near, later, clock } = setUpDelays()
    const messages = ['now', 'soon', 'far'].map((id) => messageOf(jobOf(id)))
    const due = new Map([
      [messages[1]!, clock.now() + 15 * MINUTE],
      [messages[2]!, clock.now() + 15 * MINUTE + 1],
    ])
    expect(await queue.send(messages, due)).toEqual([])
    expect(near.sent.map(({ id }) => id)).toEqual(['now', 'soon'])
    expect(later).toEqual([{ message: messages[2], dueAt: clock.now() + 15 * MINUTE + 1 }])
  })

  it('returns the messages that could be neither sent nor scheduled', async () => {
    const { queue, near, failing, clock } = setUpDelays()
    const messages = ['near', 'far', 'fine'].map((id) => messageOf(jobOf(id)))
    near.failing.add('near')
    failing.add('far')
    const due = new Map(messages.slice(1).map((message) => [message, clock.now() + HOUR]))
    expect((await queue.send(messages, due)).map(({ id }) => id)).toEqual(['near', 'far'])
  })

  it('counts in the expiry of its job, and is scheduled again by a resubmit', async () => {
    const { later, clock, near, ...rest } = setUpDelays()
    const tasks = { echo: defineTask({ run: (input: unknown) => input }) }
    const ports = { ...rest, clock, ...taskPorts(tasks) }
    const submit = () =>
      submitJobs(ports, {
        namespace: 'acme',
        jobs: [accept({ id: 'j', task: 'echo', delay: '30d' as const, startWithin: '1h' as const })],
      })
    const dueAt = clock.now() + 30 * 24 * HOUR
    expect(await submit()).toEqual([{ id: 'j', status: 'pending', version: 1 }])
    await clock.advance(HOUR)
    expect(await submit()).toEqual([{ id: 'j', status: 'pending', version: 1, existed: true }])
    expect(later.map(({ dueAt: at }) => at)).toEqual([dueAt, dueAt])
    expect(later[1]!.message).toMatchObject({ startBy: dueAt + HOUR, expiresAt: dueAt + HOUR })
    expect(await ports.store.read({ namespace: 'acme', id: 'j' })).toMatchObject({ dueAt, expiresAt: dueAt + HOUR })
    // Close to its time, the queue itself delays the message.
    await clock.advance(30 * 24 * HOUR - HOUR - 10 * MINUTE)
    await submit()
    expect(near.sent.map(({ id }) => id)).toEqual(['j'])
    expect(near.due.get('j')).toBe(dueAt)
  })
})
