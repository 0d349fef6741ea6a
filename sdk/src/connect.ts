import { createIdSource } from '../../protocol/job/id.ts'
import type { PlatformInfo } from '../../protocol/wire/rest.ts'
import type { TaskMap } from '../../protocol/job/task.ts'
import { Client } from './client/client.ts'
import { ofJob } from './api/faults.ts'
import { checkConnectOptions, checkId, checkOptions, invalidOption, SUBMIT_OPTIONS } from './api/input.ts'
import { JobHandle } from './client/job-handle.ts'
import { call, iterate } from './client/lazy.ts'
import type { Jobwire } from './api/jobwire.ts'
import { RestClient } from './wire/rest-client.ts'
import { ResultCache } from './client/result-cache.ts'
import type { OpenSocket } from './wire/socket.ts'
import type { Timers } from './time/timers.ts'
import { realTimers } from './time/timers.ts'
import type { ConnectionEvent, ConnectOptions, Job, RunOptions, TasksOf, WaitOptions } from './api/types.ts'
import type { VerbName } from './calls/verbs.ts'
import { waitWithin } from './time/wait.ts'

/** What differs between Node, browsers and tests. */
export interface Seams {
  readonly openSocket: OpenSocket
  readonly timers?: Timers
  readonly random?: () => number
}

/** A refused connection is worth a second try, not a long silence before the error. */
const CONNECT_TRIES = 3

/** The calls that are loaded when they are made, by what they give. */
const PROMISES = 'submitMany delay get status cancel retry delete publish counts failures retryFailed'.split(
  ' ',
) as VerbName[]
const ITERATORS = 'stream subscribe watch'.split(' ') as VerbName[]
const SCHEDULE_CALLS = 'create get pause resume delete'.split(' ')

export async function connectWith<T extends TasksOf<T> = TaskMap>(
  { openSocket, timers = realTimers, random = Math.random }: Seams,
  options: ConnectOptions,
): Promise<Jobwire<T>> {
  const { url, entries, ttlMs } = checkConnectOptions(options)
  const rest = new RestClient(url, options.token, timers, random)
  const info = await waitWithin<PlatformInfo>(timers, options, undefined, (resolve, reject) => {
    rest.info(CONNECT_TRIES).then(resolve, reject)
  }).catch((error: unknown) => {
    rest.close()
    throw error
  })
  const nextId = createIdSource(
    () => timers.now(),
    (bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  )
  const cache = new ResultCache(timers, entries, ttlMs)
  const polling = options.transport !== 'socket'
  return callsOf(
    new Client({ rest, info, openSocket, polling, cache, timers, random, nextId, defaults: options.defaults }),
  ) as unknown as Jobwire<T>
}

/** The calls without the types of the tasks, which exist at compile time alone. */
export function callsOf(client: Client): Record<string, unknown> {
  const promise =
    (verb: VerbName) =>
    (...args: unknown[]) =>
      call(verb, client, args)
  const iterator =
    (verb: VerbName) =>
    (...args: unknown[]) =>
      iterate(verb, client, args)
  /** Can be awaited whole or read piece by piece; nothing begins before either. */
  const either =
    (whole: VerbName, pieces: VerbName) =>
    (...args: unknown[]) => {
      let begun: Promise<unknown> | undefined
      // However often it is awaited, it is done once.
      const begin = () => (begun ??= call(whole, client, args))
      return {
        // oxlint-disable-next-line unicorn/no-thenable -- being awaited is what it is for
        then: (...settle: Parameters<Promise<unknown>['then']>) => begin().then(...settle),
        catch: (failed: () => unknown) => begin().catch(failed),
        finally: (settled: () => void) => begin().finally(settled),
        [Symbol.asyncIterator]: () => iterate(pieces, client, args),
      }
    }
  const all = <Made>(names: readonly string[], make: (verb: VerbName) => Made, of = '') =>
    Object.fromEntries(names.map((name) => [name, make((of + name) as VerbName)]))
  return {
    namespace: client.namespace,
    ...all(PROMISES, promise),
    ...all(ITERATORS, iterator),
    map: either('mapAll', 'map'),
    list: either('page', 'list'),
    workers: either('workersPage', 'workers'),
    schedules: {
      ...all(SCHEDULE_CALLS, promise, 'schedules.'),
      list: either('schedules.page', 'schedules.list'),
    },
    submit: (task: string, input?: unknown, options: RunOptions = {}) => submit(client, task, input, options),
    run: (task: string, input?: unknown, options: RunOptions = {}) => run(client, task, input, options),
    result: async (id: string, options?: WaitOptions) => {
      checkId(id)
      return new JobHandle(client, client.known(id)).result(options)
    },
    on: (event: unknown, listener: () => void) => {
      checkOptions({ [String(event)]: 0 }, Object.keys(client.listeners))
      if (typeof listener !== 'function') throw invalidOption('"listener" must be a function.')
      const listeners = client.listeners[event as ConnectionEvent]
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => client.close(),
  }
}

/** The id that a submit goes by; the client knows it before the platform, so that it misses no update. */
async function idOf(client: Client, { id, idempotencyKey }: RunOptions): Promise<string> {
  // With both, the platform says what is wrong.
  if (typeof idempotencyKey === 'string' && id === undefined) return call('idOfKey', client, [idempotencyKey])
  return id ?? client.nextId()
}

async function submit(client: Client, task: string, input: unknown, options: RunOptions): Promise<Job> {
  checkOptions(options, SUBMIT_OPTIONS)
  const all = client.withDefaults(options)
  const id = await idOf(client, options)
  return waitWithin<Job>(client.timers, all, undefined, (resolve, reject) => {
    const { job, accepted } = client.submit(task, input, id, all)
    accepted.then(() => resolve(new JobHandle(client, job)), reject)
  }).catch((error: unknown) => {
    throw ofJob(error, id)
  })
}

async function run(client: Client, task: string, input: unknown, options: RunOptions): Promise<unknown> {
  checkOptions(options, SUBMIT_OPTIONS)
  const all = client.withDefaults(options)
  const jobId = await idOf(client, options)
  return waitWithin(client.timers, all, jobId, (resolve, reject) => {
    const { job, accepted } = client.submit(task, input, jobId, all)
    accepted.catch(reject)
    // Watching begins before the answer: a short job's result may overtake it.
    return client.awaitOutput(job, resolve, reject)
  })
}
