import { describe, expect, it } from '@jest/globals'
import { submitJobs } from '../../../../lambdas/domain/submit/submit-jobs.ts'
import { subscribeSession } from '../../../../lambdas/domain/record/subscribe-session.ts'
import { accept, refuse } from '../../../../protocol/kit/parsed.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { submitTo } from '../../fakes/submit.ts'
import { createPlatform } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

const tasks = {
  echo: defineTask({ run: (input: unknown) => input }),
  urgent: defineTask({ run: () => null, priority: 'critical' }),
}

function setUp() {
  const platform = createPlatform()
  const ports = { ...platform, ...taskPorts(tasks), ttlMs: 3_600_500 }
  const submit = submitTo(ports)
  return { ...platform, ports, submit }
}

describe('a submit', () => {
  it('records, sends and answers', async () => {
    const { submit, store, queue, clock } = setUp()
    expect(await submit([{ task: 'echo', input: [1] }], 's@c')).toEqual([
      { id: 'made-0', status: 'pending', version: 1 },
    ])
    const createdAt = clock.now()
    expect(queue.sent).toEqual([
      {
        v: 1,
        id: 'made-0',
        namespace: 'acme',
        task: 'echo',
        input: [1],
        queue: 'default',
        priority: 'normal',
        createdAt,
        expiresAt: createdAt + 3_601_000,
      },
    ])
    expect(await store.load([{ namespace: 'acme', id: 'made-0' }], 'strong')).toMatchObject([{ watchers: ['s@c'] }])
  })

  it("takes a job's priority, else its task's", async () => {
    const { submit, queue } = setUp()
    await submit([{ task: 'urgent' }, { task: 'urgent', priority: 'low' }])
    expect(queue.sent.map(({ priority }) => priority)).toEqual(['critical', 'low'])
  })

  it('returns an error in the place of each bad job, and accepts the others', async () => {
    const { ports, queue } = setUp()
    const jobs = [
      accept({ id: 'a', task: 'echo' }),
      refuse('INVALID_ID', 'No.', 'jobs.1.id'),
      accept({ id: 'c', task: 'hasOwnProperty' }),
      accept({ id: 'd', task: 'echo' }),
    ]
    expect(await submitJobs(ports, { namespace: 'acme', jobs })).toEqual([
      { id: 'a', status: 'pending', version: 1 },
      { error: { code: 'INVALID_ID', message: 'No.', path: 'jobs.1.id' } },
      {
        id: 'c',
        error: { code: 'UNKNOWN_TASK', message: expect.stringContaining('echo, urgent'), path: 'jobs.2.task' },
      },
      { id: 'd', status: 'pending', version: 1 },
    ])
    expect(queue.sent.map(({ id }) => id)).toEqual(['a', 'd'])
  })

  it('of 1,000 jobs keeps their order', async () => {
    const { submit, queue } = setUp()
    const outcomes = await submit(Array.from({ length: 1_000 }, (_, index) => ({ id: `j${index}`, task: 'echo' })))
    expect(outcomes.map((outcome) => outcome.id)).toEqual(Array.from({ length: 1_000 }, (_, index) => `j${index}`))
    expect(queue.sent).toHaveLength(1_000)
  })

  it('runs a job once if its id is given twice', async () => {
    const { submit, queue } = setUp()
    expect(
      await submit([
        { id: 'a', task: 'echo' },
        { id: 'a', task: 'echo' },
        { id: 'a', task: 'urgent' },
      ]),
    ).toEqual([
      { id: 'a', status: 'pending', version: 1 },
      { id: 'a', status: 'pending', version: 1, existed: true },
      { id: 'a', error: { code: 'IDEMPOTENCY_CONFLICT', message: expect.any(String) } },
    ])
    expect(queue.sent).toMatchObject([{ id: 'a', task: 'echo' }])
  })
})

describe('a resubmit (I5)', () => {
  it('of a pending job sends a message of the first job, for the case that its own is lost, and watches it', async () => {
    const { submit, queue, store, clock } = setUp()
    await submit([{ id: 'a', task: 'echo', input: 'first' }])
    expect(await submit([{ id: 'a', task: 'echo', input: 'first', priority: 'low' }], 's@c')).toEqual([
      { id: 'a', status: 'pending', version: 1, existed: true },
    ])
    expect(queue.sent).toMatchObject([
      { task: 'echo', input: 'first' },
      { task: 'echo', input: 'first', rescue: true },
    ])
    expect(queue.sent[0]).not.toHaveProperty('rescue')
    expect(queue.sentLater(clock.now()).map(({ delayMs }) => delayMs)).toEqual([0, 10_000])
    expect(await store.load([{ namespace: 'acme', id: 'a' }], 'strong')).toMatchObject([{ watchers: ['s@c'] }])
  })

  it.each([
    ['that runs', { status: 'running', attempts: 0, startedAt: 1, run: { no: 1, message: 'm' } }],
    ['that waits for its next attempt', { status: 'pending', attempts: 1, dueAt: 9, run: { no: 1, message: 'm' } }],
  ] as const)('of a job %s sends nothing: a message carries it', async (_, state) => {
    const { submit, queue, store } = setUp()
    await submit([{ id: 'a', task: 'echo' }])
    store.force('a', { version: 2, ...state })
    await submit([{ id: 'a', task: 'echo' }])
    expect(queue.sent).toHaveLength(1)
  })

  it('of a terminal job runs nothing, and pushes the result to the submitter', async () => {
    const { submit, queue, pusher, store } = setUp()
    await submit([{ id: 'a', task: 'echo' }])
    store.force('a', { version: 3, status: 'success', attempts: 0, output: 42, finishedAt: 1 })
    expect(await submit([{ id: 'a', task: 'echo' }], 's@c')).toEqual([
      { id: 'a', status: 'success', version: 3, existed: true },
    ])
    expect(queue.sent).toHaveLength(1)
    expect(pusher.pushes).toEqual([
      {
        namespace: 'acme',
        watchers: ['s@c'],
        update: { id: 'a', version: 3, status: 'success', attempts: 0, output: 42, finishedAt: 1 },
      },
    ])
  })

  it('that races with the finish gets the result from one of the two', async () => {
    const { submit, pusher, store } = setUp()
    await submit([{ id: 'a', task: 'echo' }])
    store.before = (call) => {
      if (call === 'watch') store.force('a', { version: 2, status: 'success', attempts: 0, output: 1, finishedAt: 1 })
    }
    expect(await submit([{ id: 'a', task: 'echo' }], 's@c')).toMatchObject([{ status: 'success', version: 2 }])
    expect(pusher.updatesOf('a')).toMatchObject([{ output: 1 }])
  })

  it('in another namespace is another job (I7)', async () => {
    const { ports, submit } = setUp()
    await submit([{ id: 'a', task: 'echo' }])
    const jobs = [accept({ id: 'a', task: 'echo' })]
    expect(await submitJobs(ports, { namespace: 'other', jobs })).toEqual([{ id: 'a', status: 'pending', version: 1 }])
  })
})

describe('when AWS fails', () => {
  it('a message that cannot be sent is an error of its job, which a resubmit of the same id repairs', async () => {
    const { submit, queue } = setUp()
    const requests = [
      { id: 'a', task: 'echo' },
      { id: 'b', task: 'echo' },
    ]
    queue.failing.add('b')
    expect(await submit(requests)).toMatchObject([{ status: 'pending' }, { id: 'b', error: { code: 'UNAVAILABLE' } }])
    queue.failing.clear()
    expect(await submit([requests[1]!])).toEqual([{ id: 'b', status: 'pending', version: 1, existed: true }])
    expect(queue.sent.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  it('an insert whose answer is lost is UNAVAILABLE, and nothing is sent', async () => {
    const { submit, store, queue } = setUp()
    store.after = () => {
      throw new Error('socket hang up')
    }
    expect(await submit([{ id: 'a', task: 'echo' }])).toMatchObject([{ id: 'a', error: { code: 'UNAVAILABLE' } }])
    expect(queue.sent).toEqual([])
  })

  it('a watch that fails is UNAVAILABLE, and the others are accepted', async () => {
    const { submit, store } = setUp()
    await submit([{ id: 'a', task: 'echo' }])
    store.before = (call) => {
      if (call === 'watch') throw new Error('throttled')
    }
    const outcomes = await submit(
      [
        { id: 'a', task: 'echo' },
        { id: 'b', task: 'echo' },
      ],
      's@c',
    )
    expect(outcomes).toMatchObject([{ error: { code: 'UNAVAILABLE' } }, { id: 'b', status: 'pending' }])
  })
})

describe('a subscribe', () => {
  const session = { namespace: 'acme', session: 's', connectionId: 'c' }

  it('returns known jobs, waits for unknown ones, and only reads terminal ones', async () => {
    const { ports, submit, store } = setUp()
    await submit([
      { id: 'done', task: 'echo' },
      { id: 'open', task: 'echo' },
    ])
    store.force('done', { version: 2, status: 'success', attempts: 0, output: 1, finishedAt: 1 })
    store.calls.length = 0
    const updates = await subscribeSession({ ...ports, waitMs: 1_000 }, session, ['done', 'open', 'unknown', 'done'])
    expect(updates).toMatchObject({
      jobs: [
        { id: 'done', status: 'success', output: 1 },
        { id: 'open', status: 'pending' },
      ],
      refused: [],
    })
    expect(store.calls).toEqual(['load', 'watch', 'watch'])
  })

  it('answers as much as fits in one message and pushes the rest', async () => {
    const { ports, submit, store, pusher } = setUp()
    const ids = ['a', 'b', 'c', 'd']
    await submit(ids.map((id) => ({ id, task: 'echo' })))
    for (const id of ids) {
      store.force(id, { version: 2, status: 'success', attempts: 0, output: 'x'.repeat(60_000), finishedAt: 1 })
    }
    const { jobs } = await subscribeSession({ ...ports, waitMs: 1_000 }, session, ids)
    expect(jobs.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(pusher.pushes.map(({ update, watchers }) => [update.id, ...watchers])).toEqual([
      ['c', 's@c'],
      ['d', 's@c'],
    ])
  })
})
