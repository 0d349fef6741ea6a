import { createIdSource } from '../../protocol/job/id.ts'
import type { JobProgress, JobRecord, JobUpdate } from '../../protocol/job/job.ts'
import type { Duration } from '../../protocol/kit/policy.ts'
import { durationMs } from '../../protocol/kit/policy.ts'
import type { Task, TaskContext, TaskMap } from '../../protocol/job/task.ts'
import { Client } from './client/client.ts'
import { callsOf } from './connect.ts'
import { JobwireError } from './api/errors.ts'
import { clientClosed } from './api/faults.ts'
import { checkConnectOptions, checkOptions } from './api/input.ts'
import { settle, tellProgress } from './testing/hands.ts'
import { MemoryPlatform, SOCKET_URL } from './testing/platform.ts'
import { MemoryTimers } from './testing/test-timers.ts'
import { backoffMs, MAX_SENDS } from './time/pace.ts'
import type { RestClient } from './wire/rest-client.ts'
import { ResultCache } from './client/result-cache.ts'
import type { Jobwire } from './api/jobwire.ts'
import type { ClientDefaults, TaskInput, TaskOutput, TasksOf } from './api/types.ts'
import type { TestOutcome, TestWebhook } from './testing/testing-types.ts'

/**
 * What stands in for a task: a function that gives the output or throws, or `'hold'` for jobs that wait until the test
 * settles them.
 *
 * @example
 * const resize: TestHandler<typeof tasks.resize> = ({ key }, { progress }) => ({ url: `thumbnail of ${key}` })
 */
export type TestHandler<T> =
  | 'hold'
  | ((input: TaskInput<T>, context: TaskContext) => TaskOutput<T> | Promise<TaskOutput<T>>)

/**
 * What a test client runs, and when it begins.
 *
 * @example
 * const options: TestClientOptions<typeof tasks> = { tasks, handlers: { resize: 'hold' } }
 */
export interface TestClientOptions<T extends TasksOf<T>> {
  /** The real tasks, run in this process. A name that is not among them and `handlers` is an `UNKNOWN_TASK`. */
  readonly tasks?: T | undefined
  /** What stands in for single tasks. */
  readonly handlers?: { readonly [Name in keyof T]?: TestHandler<T[Name]> } | undefined
  /** The time at the beginning, in epoch milliseconds: that of 2026-01-01 by default. It stands still until `advance`. */
  readonly now?: number | undefined
  /** `test` by default. */
  readonly namespace?: string | undefined
  /** As with `connect`. */
  readonly defaults?: ClientDefaults | undefined
}

/**
 * A client for unit tests: everything that a `Jobwire` is, and the strings of the puppet.
 *
 * @example
 * const jobs: TestClient<typeof tasks> = createTestClient<typeof tasks>()
 */
export interface TestClient<T extends TasksOf<T> = TaskMap> extends Jobwire<T> {
  /**
   * All jobs as they are now, in the order of their submits.
   *
   * @example
   * expect(jobs.jobs).toMatchObject([{ task: 'resize', input: { key: 'a.png' } }])
   */
  readonly jobs: readonly JobRecord[]
  /**
   * Ends a job by hand, with an output or an error. Throws where there is no such job, or where it has ended.
   *
   * @example
   * jobs.settle(jobs.jobs[0]!.id, { output: { width: 20 } })
   */
  settle(id: string, outcome: TestOutcome): JobUpdate
  /**
   * Says by hand how far a job is.
   *
   * @example
   * jobs.progress(id, { percent: 50, message: 'half of it' })
   */
  progress(id: string, progress: JobProgress): JobUpdate
  /**
   * Moves the time forward: delays, schedules, timeouts and the end of what is kept come when they are due.
   *
   * @example
   * await jobs.advance('5m')
   */
  advance(duration: Duration): Promise<void>
  /**
   * The webhooks that the deployment would have sent so far, in the order in which their jobs ended. Nothing is sent:
   * hand them to your own route.
   *
   * @example
   * const [webhook] = await jobs.webhooks()
   * const response = await POST(new Request(webhook!.url, { method: 'POST', ...webhook }))
   */
  webhooks(): Promise<TestWebhook[]>
  /**
   * The secret that the webhooks are signed with, as `GET /webhooks/secret` answers it: for `verifyWebhook`.
   *
   * @example
   * process.env.WEBHOOK_SECRET = await jobs.webhookSecret()
   */
  webhookSecret(): Promise<string>
  /**
   * Takes the network away: the connection ends, and none can be made. Jobs go on without their client.
   *
   * @example
   * jobs.disconnect()
   */
  disconnect(): void
  /**
   * Gives the network back. The client tries by itself, but not before time is moved on, unless a call needs it sooner.
   *
   * @example
   * jobs.reconnect()
   * await jobs.advance('1m')
   */
  reconnect(): void
}

/**
 * Makes a client that needs no deployment, for unit tests of the code that uses one. Behind it is the platform's own
 * code in memory: answers, errors, schedules and webhooks are those of a deployment. Nothing leaves the process,
 * nothing sleeps, and ids and times are the same in each run. Without options, jobs of any name wait until they are
 * settled.
 *
 * What differs: a job runs as soon as it is due, whatever its priority and its task's `concurrency`; a run that failed
 * is repeated without a pause, and a cancel reaches a run at once. Time stands still until `advance`, so a running job
 * shows its progress only then or with its end. A token never expires, and a webhook may go to any address.
 *
 * @example
 * const jobs = createTestClient<typeof tasks>({ handlers: { resize: ({ key }) => ({ url: key, width: 20 }) } })
 * expect(await makeGallery(jobs)).toHaveLength(1)
 * expect(await jobs.counts()).toMatchObject({ success: 1 })
 */
export function createTestClient<T extends TasksOf<T> = TaskMap>(options: TestClientOptions<T> = {}): TestClient<T> {
  checkOptions(options, ['tasks', 'handlers', 'now', 'namespace', 'defaults'])
  const { namespace = 'test', now = Date.UTC(2026, 0, 1) } = options
  const { defaults } = options
  checkConnectOptions({ url: 'https://test.invalid', token: 'test', defaults })
  const timers = new MemoryTimers(now)
  const ids = () =>
    createIdSource(
      () => timers.now(),
      (bytes) => bytes,
    )
  const platform = new MemoryPlatform({ namespace, ...standIns(options), timers, nextId: ids() })
  const client = new Client({
    rest: restOf(platform, timers),
    info: { protocol: 1, socketUrl: SOCKET_URL, namespace },
    openSocket: platform.openSocket,
    polling: false,
    cache: new ResultCache(timers, 0, 0),
    timers,
    random,
    nextId: ids(),
    defaults,
  })
  const all = Object.assign(callsOf(client), handsOn(platform, timers))
  const readAll = () => JSON.parse(JSON.stringify(platform.store.records(namespace))) as JobRecord[]
  return Object.defineProperty(all, 'jobs', { get: readAll, enumerable: true }) as unknown as TestClient<T>
}

/** Not nothing: a client that cannot connect would try for ever without a pause. */
const random = () => 0.5

function handsOn(platform: MemoryPlatform, timers: MemoryTimers) {
  return {
    settle: (id: string, outcome: TestOutcome) => settle(platform, timers.now(), id, outcome),
    progress: (id: string, progress: JobProgress) => tellProgress(platform, timers.now(), id, progress),
    advance: (duration: Duration) => timers.advance(durationMs(duration)),
    webhooks: () => platform.webhooks.all(),
    webhookSecret: () => platform.webhooks.secret(),
    disconnect: () => platform.disconnect(),
    reconnect: () => {
      platform.isOffline = false
    },
  }
}

const HELD: Task = { run: () => undefined }

/** Has a task of every name. */
const ANY_TASK: TaskMap = new Proxy(
  {},
  { get: () => HELD, getOwnPropertyDescriptor: () => ({ value: HELD, configurable: true, enumerable: true }) },
)

/** The tasks as the platform runs them, and whose jobs wait to be settled. */
function standIns<T extends TasksOf<T>>({ tasks, handlers }: TestClientOptions<T>) {
  if (tasks === undefined && handlers === undefined) return { tasks: ANY_TASK, isHeld: () => true }
  const given = Object.entries((handlers ?? {}) as Record<string, TestHandler<Task>>)
  const held = new Set(given.flatMap(([name, handler]) => (handler === 'hold' ? [name] : [])))
  const real = { ...(tasks as TaskMap | undefined) }
  const stood = given.map(([name, handler]): [string, Task] => [
    name,
    // The checks of the real task stay.
    { ...HELD, ...real[name], ...(handler !== 'hold' && { run: handler }) },
  ])
  return { tasks: { ...real, ...Object.fromEntries(stood) }, isHeld: (name: string) => held.has(name) }
}

function restOf(platform: MemoryPlatform, timers: MemoryTimers): RestClient {
  let closed = false
  const rest: Pick<RestClient, 'call' | 'token' | 'info' | 'close'> = {
    token: async () => 'test',
    info: () => rest.call('GET', '/'),
    call: async <Answer>(method: string, path: string, body?: string, signal?: AbortSignal) => {
      for (let sends = 1; ; sends++) {
        if (closed) throw clientClosed()
        if (!platform.isOffline) return (await platform.answer(method, path, body)) as Answer
        if (sends === MAX_SENDS) throw new JobwireError('UNREACHABLE', 'The test has disconnected the client.')
        await new Promise<void>((resolve) => timers.after(backoffMs(sends, random), resolve))
        signal?.throwIfAborted()
      }
    },
    close: () => {
      closed = true
    },
  }
  return rest as RestClient
}

export type { JobFailure, JobProgress, JobRecord, JobUpdate, Json } from '../../protocol/job/job.ts'
export type { WebhookEvent, WebhookJob } from '../../protocol/webhooks/webhook.ts'
export type { TestOutcome, TestWebhook } from './testing/testing-types.ts'
