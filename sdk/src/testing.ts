import { createIdSource } from '../../protocol/id.ts'
import { isTerminal } from '../../protocol/job.ts'
import type { JobFailure, JobProgress, JobRecord, JobUpdate } from '../../protocol/job.ts'
import type { Duration } from '../../protocol/policy.ts'
import { durationMs } from '../../protocol/policy.ts'
import type { Task, TaskContext, TaskMap } from '../../protocol/task.ts'
import { Client } from './client.ts'
import { JobwireError } from './errors.ts'
import { clientClosed, fromWire } from './faults.ts'
import { callsOf } from './memory-calls.ts'
import { jsonOf } from './memory-job.ts'
import type { MemoryJob } from './memory-job.ts'
import { MemoryPlatform } from './memory-platform.ts'
import { answerFrame, answerRequest } from './memory-routes.ts'
import { MemoryTimers } from './memory-timers.ts'
import type { RestClient } from './rest-client.ts'
import { ResultCache } from './result-cache.ts'
import type { OpenSocket } from './socket.ts'
import type { Jobwire } from './jobwire.ts'
import type { TaskInput, TaskOutput, TasksOf } from './types.ts'

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
}

/**
 * How a test ends a job by hand.
 *
 * @example
 * const outcome: TestOutcome = { error: { code: 'CARD_DECLINED', message: 'Ask for another card.' } }
 */
export type TestOutcome =
  | { readonly output?: unknown; readonly error?: undefined }
  | { readonly error: Partial<JobFailure> & { readonly code: string } }

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
   * Moves the time forward: delays, timeouts and the end of what is kept come when they are due.
   *
   * @example
   * await jobs.advance('5m')
   */
  advance(duration: Duration): Promise<void>
}

const SOCKET_URL = 'memory://socket'

/**
 * Makes a client that needs no deployment, for unit tests of the code that uses one. It gives the same answers and
 * errors as the real one; nothing leaves the process, nothing sleeps, and ids and times are the same in each run. A
 * failed run that is tried again is so at once. Without options, jobs of any name wait until they are settled. Of
 * schedules and webhooks it knows nothing.
 *
 * @example
 * const jobs = createTestClient<typeof tasks>({ handlers: { resize: ({ key }) => ({ url: key, width: 20 }) } })
 * expect(await makeGallery(jobs)).toHaveLength(1)
 * expect(await jobs.counts()).toMatchObject({ success: 1 })
 */
export function createTestClient<T extends TasksOf<T> = TaskMap>(options: TestClientOptions<T> = {}): TestClient<T> {
  const { namespace = 'test', now = Date.UTC(2026, 0, 1) } = options
  const timers = new MemoryTimers(now)
  const ids = () =>
    createIdSource(
      () => timers.now(),
      (bytes) => bytes,
    )
  const platform = new MemoryPlatform({ namespace, ...standIns(options), timers, nextId: ids() })
  const client = new Client({
    rest: restOf(platform),
    info: { protocol: 1, socketUrl: SOCKET_URL, namespace },
    openSocket: socketOf(platform),
    polling: false,
    cache: new ResultCache(timers, 0, 0),
    timers,
    random: () => 0,
    nextId: ids(),
  })
  const find = (id: string): MemoryJob => {
    const found = platform.read(id)
    if (!found.ok) throw fromWire(found.error)
    if (!isTerminal(found.value.record.status)) return found.value
    throw new JobwireError('ALREADY_FINISHED', `The job "${id}" is ${found.value.record.status} already.`, {
      jobId: id,
    })
  }
  const startOf = ({ record }: MemoryJob) => record.startedAt ?? timers.now()
  const hands = {
    settle: (id: string, { error, ...outcome }: TestOutcome & { output?: unknown }) => {
      const job = find(id)
      const startedAt = startOf(job)
      if (error === undefined) {
        return platform.end(job, { status: 'success', output: jsonOf(outcome.output), startedAt })
      }
      const failure = { message: 'The test lets the job fail.', retryable: false, ...error }
      return platform.end(job, { status: 'failed', attempts: job.record.attempts + 1, error: failure, startedAt })
    },
    progress: (id: string, progress: JobProgress) => {
      const job = find(id)
      return platform.change(job, { status: 'running', startedAt: startOf(job), progress })
    },
    advance: (duration: Duration) => timers.advance(durationMs(duration)),
  }
  const all = Object.assign(callsOf(client), hands)
  const readAll = () => [...platform.jobs.values()].map(({ record }) => record)
  return Object.defineProperty(all, 'jobs', { get: readAll, enumerable: true }) as unknown as TestClient<T>
}

/** The tasks as the platform runs them, and the names of those that wait to be settled. */
function standIns<T extends TasksOf<T>>({ tasks, handlers }: TestClientOptions<T>) {
  const given = Object.entries((handlers ?? {}) as Record<string, TestHandler<Task>>)
  const held = new Set(given.flatMap(([name, handler]) => (handler === 'hold' ? [name] : [])))
  if (tasks === undefined && handlers === undefined) return { tasks: undefined, held }
  const real = { ...(tasks as TaskMap | undefined) }
  const stood = given.map(([name, handler]): [string, Task] => [
    name,
    // The checks of the real task stay.
    { run: () => undefined, ...real[name], ...(handler !== 'hold' && { run: handler }) },
  ])
  return { tasks: { ...real, ...Object.fromEntries(stood) }, held }
}

function restOf(platform: MemoryPlatform): RestClient {
  let closed = false
  const rest: Pick<RestClient, 'call' | 'token' | 'info' | 'close'> = {
    token: async () => 'test',
    info: async () => ({ protocol: 1, socketUrl: SOCKET_URL, namespace: platform.namespace }),
    call: async <Answer>(method: string, path: string, body?: string) => {
      if (closed) throw clientClosed()
      return (await answerRequest(platform, method, path, body)) as Answer
    },
    close: () => {
      closed = true
    },
  }
  return rest as RestClient
}

/** A socket whose other end is the platform in memory. */
function socketOf(platform: MemoryPlatform): OpenSocket {
  return (_url, events) => {
    const watched = new Set<string>()
    let open = true
    const tell = (frame: object) => {
      const text = JSON.stringify(frame)
      queueMicrotask(() => {
        if (open) events.received(text)
      })
    }
    platform.onChange = (update) => {
      if (watched.has(update.id)) tell({ type: 'jobs', jobs: [update] })
    }
    const end = () => {
      if (!open) return
      open = false
      queueMicrotask(() => events.closed())
    }
    queueMicrotask(() => events.opened())
    return {
      send: (text) => void answerFrame(platform, (id) => watched.add(id), text).then(tell),
      close: end,
      terminate: end,
      hold: () => {},
    }
  }
}

export type { JobFailure, JobProgress, JobRecord, JobUpdate, Json } from '../../protocol/job.ts'
