import { createIdSource } from '../../protocol/id.ts'
import { idOfKey } from '../../protocol/key-id.ts'
import type { TaskMap } from '../../protocol/task.ts'
import { Client } from './client.ts'
import { checkConnectOptions, checkId, checkOptions, timeoutMs } from './input.ts'
import { JobHandle } from './job-handle.ts'
import { RestClient } from './rest-client.ts'
import type { OpenSocket } from './socket.ts'
import type { Timers } from './timers.ts'
import { realTimers } from './timers.ts'
import { TrackedJob } from './tracked-job.ts'
import type { ConnectOptions, Job, Jobwire, RunOptions, SubmitOptions, TasksOf, WaitOptions } from './types.ts'
import { waitWithin } from './wait.ts'

/** What differs between Node, browsers and tests. */
export interface Seams {
  readonly openSocket: OpenSocket
  readonly timers?: Timers
  readonly random?: () => number
}

/** A refused connection is worth a second try, not a long silence before the error. */
const CONNECT_TRIES = 3

const SUBMIT_OPTIONS = [
  'id',
  'idempotencyKey',
  'rerun',
  'priority',
  'attempts',
  'backoff',
  'runTimeout',
  'delay',
  'startWithin',
  'ttl',
  'metadata',
  'tags',
  'group',
]
const WAIT_OPTIONS = ['timeout', 'signal']

export async function connectWith<T extends TasksOf<T> = TaskMap>(
  { openSocket, timers = realTimers, random = Math.random }: Seams,
  options: ConnectOptions,
): Promise<Jobwire<T>> {
  const url = checkConnectOptions(options)
  const rest = new RestClient(url, options.token, timers, random)
  const info = await rest.info(CONNECT_TRIES)
  const nextId = createIdSource(
    () => timers.now(),
    (bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  )
  const client = new Client({ rest, info, openSocket, timers, random, nextId })
  const calls: UntypedCalls = {
    namespace: info.namespace,
    submit: (task, input, submitOptions = {}) => submit(client, info.namespace, task, input, submitOptions),
    run: (task, input, runOptions = {}) => run(client, info.namespace, task, input, runOptions),
    result: async (id, waitOptions) => {
      checkId(id)
      return new JobHandle<unknown>(client, new TrackedJob(id)).result(waitOptions)
    },
    get: (id) => client.get(id),
    cancel: (id) => client.cancel(id),
    close: () => client.close(),
  }
  return calls as unknown as Jobwire<T>
}

/** The calls without the types of the tasks, which exist at compile time alone. */
interface UntypedCalls extends Pick<Jobwire, 'namespace' | 'get' | 'cancel' | 'close'> {
  submit(task: string, input?: unknown, options?: SubmitOptions): Promise<Job>
  run(task: string, input?: unknown, options?: RunOptions): Promise<unknown>
  result(id: string, options?: WaitOptions): Promise<unknown>
}

/** The id that a submit goes by; the client knows it before the platform, so that it misses no update. */
async function idOf(client: Client, namespace: string, { id, idempotencyKey }: SubmitOptions): Promise<string> {
  // With both, the platform says what is wrong.
  if (typeof idempotencyKey === 'string' && id === undefined) return idOfKey(namespace, idempotencyKey)
  return id ?? client.nextId()
}

async function submit(
  client: Client,
  namespace: string,
  task: string,
  input: unknown,
  options: SubmitOptions,
): Promise<Job> {
  checkOptions(options, SUBMIT_OPTIONS)
  const { job, accepted } = client.submit(task, input, await idOf(client, namespace, options), options)
  await accepted
  return new JobHandle(client, job)
}

async function run(
  client: Client,
  namespace: string,
  task: string,
  input: unknown,
  options: RunOptions,
): Promise<unknown> {
  checkOptions(options, [...SUBMIT_OPTIONS, ...WAIT_OPTIONS])
  const jobId = await idOf(client, namespace, options)
  const limits = { timeoutMs: timeoutMs(options), signal: options.signal, jobId }
  return waitWithin(client.timers, limits, (resolve, reject) => {
    const { job, accepted } = client.submit(task, input, jobId, options)
    accepted.catch(reject)
    // Watching begins before the answer: a short job's result may overtake it.
    return client.awaitOutput(job, resolve, reject)
  })
}
