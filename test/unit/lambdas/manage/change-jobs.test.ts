import { describe, expect, it } from '@jest/globals'
import { cancelJob, cancelJobs } from '../../../../lambdas/domain/manage/cancel-jobs.ts'
import { deleteJob } from '../../../../lambdas/domain/manage/delete-job.ts'
import { publishJob } from '../../../../lambdas/domain/manage/publish-job.ts'
import { retryJob } from '../../../../lambdas/domain/manage/retry-job.ts'
import { submitJobs } from '../../../../lambdas/domain/submit/submit-jobs.ts'
import { accept } from '../../../../protocol/kit/parsed.ts'
import type { PublishBody } from '../../../../protocol/manage/publish.ts'
import type { StandardSchema } from '../../../../protocol/job/standard-schema.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createPlatform, jobOf } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

const HOUR = 3_600_000

const upper: StandardSchema<string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'string' ? { value: value.toUpperCase() } : { issues: [{ message: 'No text' }] },
  },
}

const tasks = {
  echo: defineTask({ run: (input: unknown) => input }),
  shout: defineTask({ run: (input: string) => input, input: upper }),
}

function setUp() {
  const platform = createPlatform()
  const erased: unknown[] = []
  const deliveries = {
    async erase(life: unknown) {
      erased.push(life)
    },
  }
  const ports = { ...platform, ...taskPorts(tasks), deliveries }
  const key = (id: string) => ({ namespace: 'acme', id })
  const publish = (id: string, body: PublishBody) => publishJob(ports, key(id), body)
  return { ...platform, ports, key, publish, erased }
}

describe('a cancel', () => {
  it.each(['pending', 'running'] as const)('ends a job that is %s, and tells its watchers', async (status) => {
    const { ports, key, store, pusher, clock } = setUp()
    await store.insert([jobOf('a')], 's@c')
    store.force('a', { version: 2, status, attempts: 1 })
    const state = { version: 3, status: 'cancelled', attempts: 1, finishedAt: clock.now() }
    const cancelled = { ...jobOf('a'), ...state }
    expect(await cancelJob(ports, key('a'))).toEqual({ ok: true, value: cancelled })
    expect(pusher.pushes).toEqual([{ namespace: 'acme', update: cancelled, watchers: ['s@c'] }])
  })

  it.each(['success', 'failed'] as const)(
    'of a job that is %s answers with its state and changes nothing',
    async (s) => {
      const { ports, key, store, pusher } = setUp()
      await store.insert([jobOf('a')], 's@c')
      store.force('a', { version: 2, status: s, attempts: 0 })
      expect(await cancelJob(ports, key('a'))).toMatchObject({ ok: true, value: { status: s, version: 2 } })
      expect(store.state('a')).toMatchObject({ version: 2 })
      expect(pusher.pushes).toEqual([])
    },
  )

  it('that is repeated pushes again: the first one may have crashed between store and push', async () => {
    const { ports, key, store, pusher } = setUp()
    await store.insert([jobOf('a')], 's@c')
    await cancelJob(ports, key('a'))
    await cancelJob(ports, key('a'))
    expect(pusher.updatesOf('a').map(({ version }) => version)).toEqual([2, 2])
  })

  it('that races with the finish lets the finish stand', async () => {
    const { ports, key, store } = setUp()
    await store.insert([jobOf('a')], undefined)
    store.before = (call) => {
      if (call === 'write' && store.state('a')?.version === 1) {
        store.force('a', { version: 2, status: 'success', attempts: 0, output: 1 })
      }
    }
    expect(await cancelJob(ports, key('a'))).toMatchObject({ ok: true, value: { status: 'success', output: 1 } })
  })

  it('of many jobs answers for each, and writes them together', async () => {
    const { ports, store } = setUp()
    await store.insert([jobOf('a'), jobOf('b'), jobOf('c')], undefined)
    store.force('c', { version: 2, status: 'success', attempts: 0 })
    store.calls.length = 0
    expect(await cancelJobs(ports, 'acme', ['a', 'nobody', 'b', 'c', 'a'])).toMatchObject([
      { ok: true, value: { id: 'a', status: 'cancelled' } },
      { ok: false, error: { code: 'JOB_NOT_FOUND' } },
      { ok: true, value: { id: 'b', status: 'cancelled' } },
      { ok: true, value: { id: 'c', status: 'success' } },
      { ok: true, value: { id: 'a', status: 'cancelled' } },
    ])
    expect(store.calls).toEqual(['load', 'writeMany'])
  })

  it('ends the long wait of a job, and asks for nothing where a queue holds the message', async () => {
    const { ports, store, clock, longDelay } = setUp()
    const { createdAt } = jobOf('x')
    await clock.advance(createdAt + HOUR - clock.now())
    const dueAt = createdAt + 48 * HOUR
    const jobs = [
      ...[jobOf('far', 'echo', { dueAt }), jobOf('near', 'echo', { dueAt: createdAt + HOUR / 4 }), jobOf('at-once')],
      ...[
        jobOf('runs', 'echo', { dueAt }),
        jobOf('ended', 'echo', { dueAt }),
        jobOf('past', 'echo', { dueAt: createdAt + HOUR }),
      ],
    ]
    await store.insert(jobs, undefined)
    store.force('runs', { version: 2, status: 'running', attempts: 0 })
    store.force('ended', { version: 2, status: 'failed', attempts: 1 })
    const ids = jobs.map(({ id }) => id)
    await cancelJobs(ports, 'acme', ids)
    expect(longDelay.forgotten).toEqual([{ namespace: 'acme', id: 'far', createdAt, dueAt }])
    // The record of a cancelled job no longer says when it was due.
    await cancelJobs(ports, 'acme', ids)
    expect(longDelay.forgotten).toHaveLength(1)
  })

  it('ends the wait for the next attempt that a worker stored at the same moment', async () => {
    const { ports, key, store, clock, longDelay } = setUp()
    await store.insert([jobOf('a')], undefined)
    store.force('a', { version: 2, status: 'running', attempts: 0 })
    const dueAt = clock.now() + HOUR
    store.before = (call) => {
      if (call !== 'write' || store.state('a')?.version !== 2) return
      const error = { code: 'TASK_FAILED', message: 'no', retryable: true }
      store.force('a', { version: 3, status: 'pending', attempts: 1, error, dueAt })
    }
    expect(await cancelJob(ports, key('a'))).toMatchObject({ value: { status: 'cancelled', version: 4 } })
    expect(longDelay.forgotten).toEqual([{ ...key('a'), createdAt: jobOf('a').createdAt, dueAt }])
  })

  it('that comes too late ends no wait', async () => {
    const { ports, key, store, clock, longDelay } = setUp()
    await store.insert([jobOf('a', 'echo', { dueAt: clock.now() + HOUR })], undefined)
    store.before = (call) => {
      if (call === 'write' && store.state('a')?.version === 1) {
        store.force('a', { version: 2, status: 'failed', attempts: 0 })
      }
    }
    expect(await cancelJob(ports, key('a'))).toMatchObject({ value: { status: 'failed' } })
    expect(longDelay.forgotten).toEqual([])
  })

  it('changes nothing in another namespace (I7)', async () => {
    const { ports, store } = setUp()
    await store.insert([jobOf('a')], undefined)
    expect(await cancelJob(ports, { namespace: 'other', id: 'a' })).toMatchObject({ error: { code: 'JOB_NOT_FOUND' } })
    expect(store.state('a')).toMatchObject({ status: 'pending' })
  })
})

describe('a delete', () => {
  it('removes a job that has ended, and frees its id', async () => {
    const { ports, key, store } = setUp()
    await store.insert([jobOf('a')], undefined)
    expect(await deleteJob(ports, key('a'))).toMatchObject({ ok: false, error: { code: 'JOB_NOT_FINISHED' } })
    await cancelJob(ports, key('a'))
    expect(await deleteJob(ports, key('a'))).toEqual({ ok: true, value: undefined })
    expect(await deleteJob(ports, key('a'))).toMatchObject({ ok: false, error: { code: 'JOB_NOT_FOUND' } })
    expect(await store.insert([jobOf('a')], undefined)).toEqual([{ kind: 'inserted' }])
  })

  it('erases the deliveries of the life that it ends, and succeeds even if that fails', async () => {
    const { ports, key, store, erased } = setUp()
    const jobs = ['a', 'b'].map((id) => jobOf(id))
    await store.insert(jobs, undefined)
    for (const { id } of jobs) await cancelJob(ports, key(id))
    await deleteJob(ports, key('a'))
    expect(erased).toEqual([{ ...key('a'), createdAt: jobs[0]!.createdAt }])
    ports.deliveries.erase = () => Promise.reject(new Error('no table'))
    expect(await deleteJob(ports, key('b'))).toEqual({ ok: true, value: undefined })
  })
})

describe('a retry', () => {
  it('runs a job again with the options of its record, its times counted from now', async () => {
    const { ports, key, store, queue, clock } = setUp()
    const request = { id: 'a', task: 'shout', input: 'hey', attempts: 2, startWithin: '1m', ttl: '2h' } as const
    await submitJobs(ports, { namespace: 'acme', jobs: [accept(request)] })
    store.force('a', { version: 4, status: 'failed', attempts: 2 })
    await clock.advance(600_000)
    expect(await retryJob(ports, key('a'))).toEqual({ ok: true, value: { id: 'a', status: 'pending', version: 5 } })
    const now = clock.now()
    expect(queue.sent[1]).toMatchObject({
      input: 'HEY',
      attempts: 2,
      startBy: now + 60_000,
      createdAt: now,
      expiresAt: now + 7_200_000,
    })
    expect(await store.read(key('a'))).toMatchObject({ input: 'hey', status: 'pending', attempts: 0, createdAt: now })
  })

  it('of a job that has not ended sends its message again: it may never have been sent', async () => {
    const { ports, key, store, queue } = setUp()
    await store.insert([jobOf('a')], undefined)
    expect(await retryJob(ports, key('a'))).toMatchObject({ value: { status: 'pending', version: 1, existed: true } })
    expect(queue.sent).toHaveLength(1)
    store.force('a', { version: 2, status: 'running', attempts: 0 })
    expect(await retryJob(ports, key('a'))).toMatchObject({ value: { status: 'running', existed: true } })
    expect(queue.sent).toHaveLength(1)
  })

  it('leaves its job in the index of failed jobs until the message is sent', async () => {
    const { ports, key, store, queue } = setUp()
    await store.insert([jobOf('a')], undefined)
    store.force('a', { version: 2, status: 'failed', attempts: 1 })
    queue.failing.add('a')
    expect(await retryJob(ports, key('a'))).toMatchObject({ error: { code: 'UNAVAILABLE' } })
    expect(store.isListedAsFailed('a')).toBe(true)
    queue.failing.clear()
    expect(await retryJob(ports, key('a'))).toMatchObject({ value: { status: 'pending', version: 3, existed: true } })
    expect(store.isListedAsFailed('a')).toBe(false)
    expect(queue.sent).toHaveLength(1)
  })

  it('runs a job even if it cannot be taken out of the index of failed jobs', async () => {
    const { ports, key, store, queue } = setUp()
    await store.insert([jobOf('a')], undefined)
    store.force('a', { version: 2, status: 'failed', attempts: 1 })
    store.before = (call) => {
      if (call === 'unlistFailed') throw new Error('throttled')
    }
    expect(await retryJob(ports, key('a'))).toMatchObject({ value: { status: 'pending', version: 3 } })
    expect(queue.sent).toHaveLength(1)
  })

  it('is refused for a success, an unknown job, a task that is gone, and an external job', async () => {
    const { ports, key, store, publish } = setUp()
    await store.insert([jobOf('done'), jobOf('gone', 'removed')], undefined)
    store.force('done', { version: 2, status: 'success', attempts: 0 })
    store.force('gone', { version: 2, status: 'failed', attempts: 1 })
    await publish('theirs', { status: 'failed', error: { code: 'NO', message: 'no' } })
    expect(await retryJob(ports, key('done'))).toMatchObject({ error: { code: 'ALREADY_FINISHED' } })
    expect(await retryJob(ports, key('nobody'))).toMatchObject({ error: { code: 'JOB_NOT_FOUND' } })
    expect(await retryJob(ports, key('gone'))).toMatchObject({ error: { code: 'UNKNOWN_TASK' } })
    expect(await retryJob(ports, key('theirs'))).toMatchObject({ error: { code: 'JOB_IS_EXTERNAL' } })
  })
})

describe('a publish', () => {
  it('creates the record, updates it and ends it; a repeated one gets the same answer', async () => {
    const { publish, key, store, clock } = setUp()
    const made = { id: 'p', version: 1, status: 'pending', attempts: 0 }
    expect(await publish('p', { task: 'render', tags: ['x'] })).toEqual({ ok: true, value: made })
    expect(await publish('p', { task: 'render', tags: ['x'] })).toEqual({ ok: true, value: made })
    const startedAt = clock.now()
    await clock.advance(5)
    const half = { percent: 50, data: { page: 1 } }
    const running = { ...made, version: 2, status: 'running', startedAt: startedAt + 5, progress: half }
    expect(await publish('p', { progress: half })).toEqual({ ok: true, value: running })
    expect(await publish('p', { progress: { ...half } })).toEqual({ ok: true, value: running })
    await clock.advance(5)
    const ended = { ...running, version: 3, status: 'success', output: [1], finishedAt: startedAt + 10 }
    expect(await publish('p', { status: 'success', output: [1] })).toEqual({ ok: true, value: ended })
    expect(await publish('p', { status: 'success', output: [1] })).toEqual({ ok: true, value: ended })
    expect(await store.read(key('p'))).toMatchObject({ task: 'render', queue: 'external', input: null, tags: ['x'] })
  })

  it.each<[string, PublishBody]>([
    ['another output', { status: 'success', output: 2 }],
    ['a failure', { status: 'failed', error: { code: 'NO', message: 'no' } }],
    ['progress', { progress: { percent: 10 } }],
  ])('of %s after the end is refused (I2)', async (_, body) => {
    const { publish, store } = setUp()
    await publish('p', { status: 'success', output: 1 })
    expect(await publish('p', body)).toMatchObject({ error: { code: 'ALREADY_FINISHED' } })
    expect(store.state('p')).toMatchObject({ status: 'success', output: 1, version: 2 })
  })

  it('of a failure keeps its error', async () => {
    const { publish } = setUp()
    const body: PublishBody = { status: 'failed', error: { code: 'NO', message: 'no' } }
    const failed = { status: 'failed', version: 2, error: { code: 'NO', message: 'no', retryable: false } }
    expect(await publish('p', body)).toMatchObject({ value: failed })
    expect(await publish('p', body)).toMatchObject({ value: failed })
  })

  it('is pushed to those who watched the id before, and again if it is repeated', async () => {
    const { publish, key, store, pusher, clock } = setUp()
    await store.watch(key('p'), 's@c', clock.now() + 60_000)
    await publish('p', { status: 'success', output: 1 })
    await publish('p', { status: 'success', output: 1 })
    expect(pusher.pushes).toMatchObject([
      { watchers: ['s@c'], update: { status: 'success', version: 2 } },
      { watchers: ['s@c'], update: { status: 'success', version: 2 } },
    ])
  })

  it('ends the job once if two come at once', async () => {
    const { publish, store } = setUp()
    const results = await Promise.all([1, 2].map((output) => publish('p', { status: 'success', output })))
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    expect(store.history.get('p')?.map(({ version }) => version)).toEqual([1, 2])
  })

  it('is refused for a job that a queue runs, and for another task', async () => {
    const { publish, store } = setUp()
    await store.insert([jobOf('q')], undefined)
    expect(await publish('q', { status: 'success' })).toMatchObject({ error: { code: 'JOB_IS_QUEUED' } })
    await publish('p', { task: 'render' })
    expect(await publish('p', { task: 'print' })).toMatchObject({
      error: { code: 'IDEMPOTENCY_CONFLICT', path: 'task' },
    })
  })

  it('makes a job that can be cancelled like any other, but not submitted', async () => {
    const { publish, ports, key, queue } = setUp()
    await publish('p', { task: 'echo' })
    const jobs = [accept({ id: 'p', task: 'echo' })]
    expect(await submitJobs(ports, { namespace: 'acme', jobs })).toMatchObject([{ error: { code: 'JOB_IS_EXTERNAL' } }])
    expect(queue.sent).toEqual([])
    expect(await cancelJob(ports, key('p'))).toMatchObject({ value: { status: 'cancelled' } })
    expect(await publish('p', { status: 'success' })).toMatchObject({ error: { code: 'ALREADY_FINISHED' } })
  })
})
