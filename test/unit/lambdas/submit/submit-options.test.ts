import { describe, expect, it } from '@jest/globals'
import type { JobRequest, Json } from '../../../../protocol/job/job.ts'
import { ID_PATTERN } from '../../../../protocol/job/id.ts'
import { MAX_PAYLOAD_BYTES } from '../../../../protocol/kit/limits.ts'
import { idOfKey } from '../../../../protocol/job/key-id.ts'
import type { SchemaResult, StandardSchema } from '../../../../protocol/job/standard-schema.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { submitTo } from '../../fakes/submit.ts'
import { createPlatform } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

function schema<Value>(validate: (value: unknown) => SchemaResult<Value> | Promise<SchemaResult<Value>>) {
  return { '~standard': { version: 1, vendor: 'test', validate } } satisfies StandardSchema<Value>
}

const named = schema<Json>((value) => {
  const name = (value as { name?: unknown } | null)?.name
  if (typeof name === 'string') return { value: { name, greeting: 'Hello' } }
  return { issues: [{ message: 'Expected a text', path: ['person', { key: 'name' }, 0] }, { message: 'Also' }] }
})

const tasks = {
  echo: defineTask({ run: (input: unknown) => input }),
  greet: defineTask({ run: (input: Json) => input, input: named }),
  later: defineTask({
    run: (input: Json) => input,
    input: schema(async (value) => named['~standard'].validate(value)),
  }),
  dated: defineTask({ run: () => null, input: schema(() => ({ value: { on: [new Date(0)] } })) }),
  large: defineTask({ run: () => null, input: schema(() => ({ value: 'x'.repeat(MAX_PAYLOAD_BYTES) })) }),
  broken: defineTask({
    run: () => null,
    input: schema((): SchemaResult<Json> => {
      throw new Error('secret inside')
    }),
  }),
}

function setUp() {
  const platform = createPlatform()
  const ports = { ...platform, ...taskPorts(tasks, platform.log) }
  const submit = submitTo(ports)
  const one = async (request: JobRequest, watcher?: string) => (await submit([request], watcher))[0]!
  return { ...platform, ports, submit, one }
}

describe("a task's input schema", () => {
  it.each(['greet', 'later'])(
    'of %s makes the input that runs; the record keeps the input that was sent',
    async (task) => {
      const { one, queue, store } = setUp()
      await one({ id: 'a', task, input: { name: 'Ada', more: 1 } })
      expect(queue.sent).toMatchObject([{ input: { name: 'Ada', greeting: 'Hello' } }])
      expect(await store.read({ namespace: 'acme', id: 'a' })).toMatchObject({ input: { name: 'Ada', more: 1 } })
    },
  )

  it.each(['greet', 'later'])('of %s refuses one job of many before that job is stored', async (task) => {
    const { submit, store, queue } = setUp()
    const outcomes = await submit([
      { id: 'a', task, input: { name: 'Ada' } },
      { id: 'b', task, input: { name: 7 } },
    ])
    expect(outcomes).toEqual([
      { id: 'a', status: 'pending', version: 1 },
      {
        id: 'b',
        error: {
          code: 'INPUT_INVALID',
          message: 'The input does not fit the schema of the task: Expected a text. Further problems: 1.',
          path: 'jobs.1.input.person.name.0',
        },
      },
    ])
    expect(store.state('b')).toBeUndefined()
    expect(queue.sent.map(({ id }) => id)).toEqual(['a'])
  })

  it('whose result JSON cannot carry gets an error that says where', async () => {
    const { one } = setUp()
    expect(await one({ task: 'dated' })).toMatchObject({
      error: { code: 'INPUT_INVALID', path: 'jobs.0.input.on.0', message: expect.stringContaining('JSON') },
    })
    expect(await one({ task: 'large' })).toMatchObject({ error: { code: 'INPUT_INVALID', path: 'jobs.0.input' } })
  })

  it('that throws makes an internal error of that job alone, without details', async () => {
    const { submit, logged } = setUp()
    const outcomes = await submit([{ task: 'broken' }, { task: 'echo' }])
    expect(outcomes).toMatchObject([{ error: { code: 'SCHEMA_FAILED' } }, { status: 'pending' }])
    expect(JSON.stringify(outcomes)).not.toContain('secret')
    expect(JSON.stringify(logged)).toContain('secret inside')
  })
})

describe('an idempotency key', () => {
  it('names one job: a second submit returns the first job', async () => {
    const { one, queue, store } = setUp()
    const request = { task: 'echo', input: { a: 1, b: [2] }, idempotencyKey: 'Invoice 2026/17 – ä' }
    const id = await idOfKey('acme', request.idempotencyKey)
    expect(id).toMatch(ID_PATTERN)
    expect(id).toMatch(/^key:.{43}$/)
    expect(await one(request)).toEqual({ id, status: 'pending', version: 1 })
    store.force(id, { version: 2, status: 'success', attempts: 0, output: 1, finishedAt: 1 })
    const again = await one({ ...request, input: { b: [2], a: 1 } })
    expect(again).toEqual({ id, status: 'success', version: 2, existed: true })
    expect(queue.sent).toHaveLength(1)
    expect(await store.read({ namespace: 'acme', id })).toMatchObject({ idempotencyKey: request.idempotencyKey })
    expect(await idOfKey('other', request.idempotencyKey)).not.toBe(id)
  })

  it('may come with the id that follows from it, and with no other', async () => {
    const { one } = setUp()
    const id = await idOfKey('acme', 'k')
    expect(await one({ task: 'echo', idempotencyKey: 'k', id })).toMatchObject({ id, status: 'pending' })
    expect(await one({ task: 'echo', idempotencyKey: 'k', id: 'mine' })).toMatchObject({
      id: 'mine',
      error: { code: 'INVALID_REQUEST', path: 'jobs.0.idempotencyKey' },
    })
  })

  it.each([
    ['another task', { task: 'later', input: { name: 'Ada' } }],
    ['another input', { task: 'greet', input: { name: 'Bo' } }],
    ['one property more', { task: 'greet', input: { name: 'Ada', age: 3 } }],
  ])('or id with %s is a conflict, and changes nothing', async (_, second) => {
    const { submit, queue, store } = setUp()
    await submit([
      { id: 'a', task: 'greet', input: { name: 'Ada' } },
      { idempotencyKey: 'k', task: 'greet', input: { name: 'Ada' } },
    ])
    const before = store.calls.length
    const outcomes = await submit([
      { id: 'a', ...second },
      { idempotencyKey: 'k', rerun: true, ...second },
    ])
    expect(outcomes).toMatchObject([
      { error: { code: 'IDEMPOTENCY_CONFLICT' } },
      { error: { code: 'IDEMPOTENCY_CONFLICT' } },
    ])
    expect(store.calls.slice(before)).toEqual(['insert'])
    expect(queue.sent).toHaveLength(2)
  })
})

describe('rerun', () => {
  it.each(['failed', 'cancelled'] as const)('runs a %s job again under its id (I5)', async (status) => {
    const { one, store, queue, pusher } = setUp()
    const request = { id: 'a', task: 'echo', input: 1 }
    await one(request, 'first@1')
    store.force('a', { version: 3, status, attempts: 2, finishedAt: 1 })
    expect(await one({ ...request, attempts: 5, rerun: true }, 'second@2')).toEqual({
      id: 'a',
      status: 'pending',
      version: 4,
    })
    expect(store.state('a')).toEqual({ version: 4, status: 'pending', attempts: 0 })
    const [first, again] = queue.sent
    expect(again).toMatchObject({ id: 'a', input: 1, attempts: 5 })
    // Tells this life from what is left of the one before.
    expect(again!.createdAt).toBeGreaterThan(first!.createdAt)
    expect(pusher.pushes).toMatchObject([{ watchers: ['first@1'], update: { version: 4, status: 'pending' } }])
    expect(await store.load([{ namespace: 'acme', id: 'a' }], 'strong')).toMatchObject([
      { watchers: ['first@1', 'second@2'] },
    ])
  })

  it.each(['success', 'running', 'pending'] as const)('leaves a job that is %s as it is', async (status) => {
    const { one, store } = setUp()
    await one({ id: 'a', task: 'echo' })
    store.force('a', { version: 3, status, attempts: 0 })
    expect(await one({ id: 'a', task: 'echo', rerun: true })).toMatchObject({ status, version: 3, existed: true })
    expect(store.state('a')).toMatchObject({ version: 3 })
  })

  it('from two submits at once begins one new life', async () => {
    const { one, store, queue } = setUp()
    await one({ id: 'a', task: 'echo' })
    store.force('a', { version: 2, status: 'failed', attempts: 1 })
    const outcomes = await Promise.all([1, 2].map(() => one({ id: 'a', task: 'echo', rerun: true })))
    expect(outcomes.filter((outcome) => 'existed' in outcome)).toHaveLength(1)
    expect(store.history.get('a')?.map(({ version }) => version)).toEqual([1, 2, 3])
    expect(new Set(queue.sent.slice(1).map(({ createdAt }) => createdAt)).size).toBe(1)
  })

  it('whose message could not be sent is repaired by the same submit again', async () => {
    const { one, store, queue } = setUp()
    await one({ id: 'a', task: 'echo' })
    store.force('a', { version: 2, status: 'failed', attempts: 1 })
    queue.failing.add('a')
    expect(await one({ id: 'a', task: 'echo', rerun: true })).toMatchObject({ error: { code: 'UNAVAILABLE' } })
    queue.failing.clear()
    expect(await one({ id: 'a', task: 'echo', rerun: true })).toMatchObject({ status: 'pending', version: 3 })
    expect(queue.sent).toHaveLength(2)
  })
})

describe('another option of a submit', () => {
  it('goes into the message and the record', async () => {
    const { one, queue, store, clock } = setUp()
    await one({
      id: 'a',
      task: 'echo',
      attempts: 3,
      backoff: { initial: '2s', cap: '1m' },
      timeout: '1.5s',
      delay: '10s',
      startWithin: '1m',
      ttl: '1d',
      metadata: { customer: 'c-1', pages: 3, urgent: true },
      tags: ['x', 'y', 'x'],
      group: 'g',
    })
    const now = clock.now()
    expect(queue.sent).toEqual([
      {
        v: 1,
        id: 'a',
        namespace: 'acme',
        task: 'echo',
        input: null,
        queue: 'default',
        priority: 'normal',
        createdAt: now,
        expiresAt: now + 86_400_000,
        attempts: 3,
        backoffInitialMs: 2_000,
        backoffCapMs: 60_000,
        timeoutMs: 1_500,
        startBy: now + 70_000,
        group: 'g',
      },
    ])
    expect(queue.due).toEqual(new Map([['a', now + 10_000]]))
    expect(store.state('a')).toEqual({ version: 1, status: 'pending', attempts: 0, dueAt: now + 10_000 })
    expect(await store.read({ namespace: 'acme', id: 'a' })).toMatchObject({
      metadata: { customer: 'c-1', pages: 3, urgent: true },
      tags: ['x', 'y'],
    })
  })

  it('keeps the delay if the message is sent again', async () => {
    const { one, queue, clock } = setUp()
    await one({ id: 'a', task: 'echo', delay: '1m' })
    const dueAt = clock.now() + 60_000
    queue.due.clear()
    await clock.advance(20_000)
    expect(await one({ id: 'a', task: 'echo', delay: '1m' })).toMatchObject({ existed: true })
    expect(queue.due).toEqual(new Map([['a', dueAt]]))
  })

  it('sends no second message for a job that waits between two attempts', async () => {
    const { one, queue, store } = setUp()
    await one({ id: 'a', task: 'echo' })
    store.force('a', { version: 2, status: 'pending', attempts: 1, dueAt: 99 })
    expect(await one({ id: 'a', task: 'echo' })).toMatchObject({ status: 'pending', version: 2, existed: true })
    expect(queue.sent).toHaveLength(1)
  })

  it('does not let the job expire before it runs', async () => {
    const { one } = setUp()
    expect(await one({ task: 'echo', delay: '2m', ttl: '1m' })).toMatchObject({
      error: { code: 'INVALID_REQUEST', path: 'jobs.0.ttl' },
    })
  })
})
