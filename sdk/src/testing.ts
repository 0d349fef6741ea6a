import { createIdSource } from '../../protocol/job/id.ts'
import type { JobProgress, JobRecord, JobUpdate } from '../../protocol/job/job.ts'
import type { Duration } from '../../protocol/kit/policy.ts'
import { durationMs } from '../../protocol/kit/policy.ts'
import type { Task, TaskContext, TaskMap } from '../../protocol/job/task.ts'
import { catalogTasks } from '../../protocol/job/task-catalog.ts'
import { Client } from './client/client.ts'
import { JobwireError } from './api/errors.ts'
import { clientClosedError } from './api/error-codes.ts'
import { checkConnectOptions, checkOptions } from './api/input.ts'
import { settleJob, tellProgress } from './testing/settle-job.ts'
import { MemoryPlatform, SOCKET_URL } from './testing/platform.ts'
import { TestClock } from './testing/test-clock.ts'
import { backoffMs, MAX_SENDS } from './time/pace.ts'
import type { RequestOptions, RestClient } from './wire/rest-client.ts'
import { ResultCache } from './client/result-cache.ts'
import { JobwireClient } from './jobwire/jobwire.ts'
import type { Jobwire } from './jobwire/jobwire.ts'
import type { ClientDefaults, TaskInput, TaskOutput, TasksOf } from './api/types.ts'
import type { TestOutcome, TestWebhook } from './testing/testing-types.ts'

/**
 * The stand-in for a task: a function that returns the output or throws, or `'hold'` for jobs that wait until the test
 * settles them.
 *
 * @example
 * const resize: TestHandler<typeof tasks.resize> = ({ key }, { progress }) => ({ url: `thumbnail of ${key}` })
 */
export type TestHandler<T> =
  | 'hold'
  | ((input: TaskInput<T>, context: TaskContext) => TaskOutput<T> | Promise<TaskOutput<T>>)

/**
 * The options of a test client: the tasks that it runs, and the time at which it begins.
 *
 * @example
 * const options: TestClientOptions<typeof tasks> = { tasks, handlers: { resize: 'hold' } }
 */
export interface TestClientOptions<T extends TasksOf<T>> {
  /** The real tasks, run in this process. A name that is neither here nor in `handlers` is an `UNKNOWN_TASK`. */
  readonly tasks?: T | undefined
  /** Stand-ins for single tasks. */
  readonly handlers?: { readonly [Name in keyof T]?: TestHandler<T[Name]> } | undefined
  /** The time at the beginning, in epoch milliseconds; 2026-01-01 by default. It stands still until `advance`. */
  readonly now?: number | undefined
  /** `test` by default. */
  readonly namespace?: string | undefined
  /** As with `connect`. */
  readonly defaults?: ClientDefaults | undefined
}

/**
 * A client for unit tests: a `Jobwire`, and methods that control the deployment behind it.
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
   * Ends a job by hand, with an output or an error. Throws if there is no such job, or if it has ended.
   *
   * @example
   * jobs.settle(jobs.jobs[0]!.id, { output: { width: 20 } })
   */
  settle(id: string, outcome: TestOutcome): JobUpdate
  /**
   * Reports the progress of a job by hand.
   *
   * @example
   * jobs.progress(id, { percent: 50, message: 'half of it' })
   */
  progress(id: string, progress: JobProgress): JobUpdate
  /**
   * Moves the time forward. Delayed jobs, schedules, timeouts and expiries happen when they are due.
   *
   * @example
   * await jobs.advance('5m')
   */
  advance(duration: Duration): Promise<void>
  /**
   * Returns the webhooks that a deployment would have sent so far, in the order in which their jobs ended. Nothing is
   * sent: pass them to your own route.
   *
   * @example
   * const [webhook] = await jobs.webhooks()
   * const response = await POST(new Request(webhook!.url, { method: 'POST', ...webhook }))
   */
  webhooks(): Promise<TestWebhook[]>
  /**
   * Returns the secret of the webhooks, for `verifyWebhook`. A deployment has it at `GET /webhooks/secret`.
   *
   * @example
   * process.env.WEBHOOK_SECRET = await jobs.webhookSecret()
   */
  webhookSecret(): Promise<string>
  /**
   * Takes the network away: the connection ends, and no new one can be made. Jobs go on without their client.
   *
   * @example
   * jobs.disconnect()
   */
  disconnect(): void
  /**
   * Gives the network back. The client connects again once time is moved forward, or at once if a call needs it.
   *
   * @example
   * jobs.reconnect()
   * await jobs.advance('1m')
   */
  reconnect(): void
}

/**
 * Makes a client that needs no deployment, for unit tests of code that uses a client. Behind it, the platform's own
 * code runs in memory: answers, errors, schedules and webhooks are the same as those of a deployment. Nothing leaves
 * the process, nothing sleeps, and ids and times are the same in each run. Without options, jobs of any task wait
 * until they are settled.
 *
 * It differs from a deployment in this: a job runs as soon as it is due, whatever its priority and its task's
 * `concurrency`; a failed run is repeated at once, and a cancel reaches a run at once. Time stands still until
 * `advance`, so a running job shows its progress only then or with its end. A token never expires, and a webhook may
 * have any address.
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
  const clock = new TestClock(now)
  const ids = () =>
    createIdSource(
      () => clock.now(),
      (bytes) => bytes,
    )
  const platform = new MemoryPlatform({ namespace, ...tasksToRun(options), clock, nextId: ids() })
  const client = new Client({
    restClient: createRest(platform, clock),
    info: { protocol: 1, socketUrl: SOCKET_URL, namespace },
    openSocket: platform.openSocket,
    polling: false,
    cache: new ResultCache(clock, 0, 0),
    clock,
    random,
    nextId: ids(),
    defaults,
  })
  const jobwire: Jobwire<T> = new JobwireClient<T>(client)
  const all = Object.assign(jobwire, testControls(platform, clock))
  const readAll = () => JSON.parse(JSON.stringify(platform.store.records(namespace))) as JobRecord[]
  return Object.defineProperty(all, 'jobs', { get: readAll, enumerable: true }) as TestClient<T>
}

/** Not 0, or a client that cannot connect would try forever without a pause. */
const random = () => 0.5

function testControls(platform: MemoryPlatform, clock: TestClock) {
  return {
    settle: (id: string, outcome: TestOutcome) => settleJob(platform, clock.now(), id, outcome),
    progress: (id: string, progress: JobProgress) => tellProgress(platform, clock.now(), id, progress),
    advance: (duration: Duration) => clock.advance(durationMs(duration)),
    webhooks: () => platform.webhooks.all(),
    webhookSecret: () => platform.webhooks.secret(),
    disconnect: () => platform.disconnect(),
    reconnect: () => {
      platform.isOffline = false
    },
  }
}

const HELD: Task = { run: () => undefined }

/** Returns an object that has this value under every name. */
function underAnyName<Value>(value: Value): Readonly<Record<string, Value>> {
  const descriptor = { value, configurable: true, enumerable: true }
  return new Proxy({}, { get: () => value, getOwnPropertyDescriptor: () => descriptor })
}

/** Returns the tasks as the platform runs them, their catalog, and which of them are held. */
function tasksToRun<T extends TasksOf<T>>({ tasks, handlers }: TestClientOptions<T>) {
  if (tasks === undefined && handlers === undefined) {
    const { held } = catalogTasks({ held: HELD })
    return { tasks: underAnyName(HELD), catalog: underAnyName(held!), isHeld: () => true }
  }
  const given = Object.entries((handlers ?? {}) as Record<string, TestHandler<Task>>)
  const held = new Set(given.flatMap(([name, handler]) => (handler === 'hold' ? [name] : [])))
  const real = { ...(tasks as TaskMap | undefined) }
  const standIns = given.map(([name, handler]): [string, Task] => [
    name,
    // Keeps the schemas and the policy of the real task.
    { ...HELD, ...real[name], ...(handler !== 'hold' && { run: handler }) },
  ])
  const all = { ...real, ...Object.fromEntries(standIns) }
  return { tasks: all, catalog: catalogTasks(all), isHeld: (name: string) => held.has(name) }
}

function createRest(platform: MemoryPlatform, clock: TestClock): RestClient {
  let closed = false
  const rest: Pick<RestClient, 'call' | 'token' | 'fetchInfo' | 'close'> = {
    token: async () => 'test',
    fetchInfo: () => rest.call('GET', '/'),
    call: async <Answer>(method: string, path: string, options?: RequestOptions) => {
      for (let sends = 1; ; sends++) {
        if (closed) throw clientClosedError()
        if (!platform.isOffline) return (await platform.answer(method, path, options?.body)) as Answer
        if (sends === MAX_SENDS) throw new JobwireError('UNREACHABLE', 'The test has disconnected the client.')
        await new Promise<void>((resolve) => clock.after(backoffMs(sends, random), resolve))
        options?.signal?.throwIfAborted()
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
