import { announce } from '../../../lambdas/domain/record/announce.ts'
import type { Transition } from '../../../lambdas/domain/job/job-state.ts'
import { encodeUpdate } from '../../../lambdas/domain/record/pack-updates.ts'
import { toUpdate } from '../../../lambdas/domain/job/tell-job.ts'
import type { Push } from '../../../lambdas/domain/record/pusher.ts'
import type { StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import { runSchedule } from '../../../lambdas/domain/schedules/run-schedule.ts'
import { createInputCheck } from '../../../lambdas/domain/submit/validate-input.ts'
import { readWatcher } from '../../../lambdas/domain/job/watcher.ts'
import { findRoute } from '../../../lambdas/handlers/kit/rest-router.ts'
import type { RestPorts } from '../../../lambdas/handlers/rest/rest-routes.ts'
import { ROUTE_HANDLERS } from '../../../lambdas/handlers/rest/rest-routes.ts'
import type { FramePorts } from '../../../lambdas/handlers/sessions/socket-frames.ts'
import { handleFrameText } from '../../../lambdas/handlers/sessions/socket-frames.ts'
import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { ErrorAnswer } from '../../../protocol/wire/rest.ts'
import type { TaskMap } from '../../../protocol/job/task.ts'
import type { TaskCatalog } from '../../../protocol/job/task-catalog.ts'
import { JobwireError } from '../api/errors.ts'
import { errorFromWire } from '../api/error-codes.ts'
import { MemoryJobPages } from './job-pages.ts'
import { MemoryJobStore } from './job-store.ts'
import type { MemoryRunPorts } from './runs.ts'
import { MemoryRuns } from './runs.ts'
import { MemoryScheduleStore } from './schedule-store.ts'
import { MemoryScheduleTimer } from './schedule-timer.ts'
import { MemoryWebhooks } from './webhooks.ts'
import type { OpenSocket } from '../wire/socket.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** A week, like the deployment of this repository. */
const KEEP_MS = 7 * 86_400_000
const CONNECTION_ID = 'memory'

export const SOCKET_URL = 'memory://socket'

export interface MemoryPlatformOptions {
  readonly namespace: string
  readonly tasks: TaskMap
  readonly catalog: TaskCatalog
  /** Returns true if the jobs of a task wait until the test settles them. */
  readonly isHeld: (task: string) => boolean
  readonly clock: Clock
  readonly nextId: () => string
}

/**
 * A deployment of one namespace in memory. The platform's own code answers requests and runs jobs; the code here takes
 * the place of AWS.
 */
export class MemoryPlatform {
  readonly store: MemoryJobStore
  readonly webhooks: MemoryWebhooks
  /** True while the client cannot reach the platform. */
  isOffline = false
  readonly #namespace: string
  readonly #ports: RestPorts & FramePorts & MemoryRunPorts
  readonly #runs: MemoryRuns
  /** The present connection of each session. */
  readonly #connections = new Map<string, { readonly send: (text: string) => void; readonly end: () => void }>()

  constructor({ namespace, tasks, catalog, isHeld, clock, nextId }: MemoryPlatformOptions) {
    this.#namespace = namespace
    this.webhooks = new MemoryWebhooks(namespace)
    const runs = (this.#runs = new MemoryRuns(() => this.#ports))
    this.store = new MemoryJobStore(clock, (job) => {
      this.webhooks.written(job)
      runs.written(job)
    })
    const pages = new MemoryJobPages({ jobsOf: (ofNamespace) => this.store.records(ofNamespace) })
    const timer = new MemoryScheduleTimer(clock, (ring) => void runSchedule(this.#ports, ring))
    const log = () => {}
    this.#ports = {
      ...{ tasks, catalog, isHeld, nextId, clock, log, ttlMs: KEEP_MS, socketUrl: SOCKET_URL },
      checkInput: createInputCheck(tasks, log),
      ...{ store: this.store, pages, queue: runs, longDelay: runs, schedules: new MemoryScheduleStore(), timer },
      pusher: { push: async (pushes) => this.#push(pushes) },
      registry: { connectionOf: async (_, session) => (this.#connections.has(session) ? CONNECTION_ID : undefined) },
      // Any address will do: no webhook is sent.
      webhookTargets: 'any',
      webhooks: { send: async () => [] },
      deliveries: { list: async () => [], erase: async () => {} },
      secrets: async () => [await this.webhooks.secret()],
      // The jobs run in this process, not on workers.
      workers: { page: async () => ({ workers: [] }) },
      // The smallest jitter: a retry comes at once.
      random: () => 0,
      payloads: { get: async () => undefined },
    }
  }

  /** Answers a request as the platform's REST API does. Rejects with the error if the answer is one. */
  async answer(method: string, path: string, body = ''): Promise<unknown> {
    const [pathname, query] = path.split('?', 2) as [string, string?]
    const route = findRoute(method, pathname)
    if (!route.ok) throw errorFromWire(route.error)
    const request = {
      namespace: this.#namespace,
      body,
      pathParameters: route.value.parameters,
      query: queryParameters(query),
    }
    const { statusCode, body: text } = await ROUTE_HANDLERS[route.value.name](this.#ports, request)
    const answer: unknown = text === '' ? undefined : JSON.parse(text)
    if (statusCode >= 300) throw errorFromWire((answer as ErrorAnswer).error)
    return answer
  }

  /** Opens a socket that is connected to this platform. */
  readonly openSocket: OpenSocket = (url, events) => {
    const session = new URL(url).searchParams.get('session')!
    const connection = { namespace: this.#namespace, session, connectionId: CONNECTION_ID }
    let isOpen = true
    const send = (text: string) => {
      queueMicrotask(() => {
        if (isOpen) events.received(text)
      })
    }
    const end = () => {
      if (!isOpen) return
      isOpen = false
      queueMicrotask(() => events.closed())
    }
    if (this.isOffline) end()
    else {
      this.#connections.set(session, { send, end })
      queueMicrotask(() => events.opened())
    }
    return {
      send: (text) => {
        if (isOpen) this.#runs.beginAfter(handleFrameText(this.#ports, connection, text, 'memory').then(send))
      },
      close: end,
      terminate: end,
      hold: () => {},
    }
  }

  disconnect(): void {
    this.isOffline = true
    for (const { end } of this.#connections.values()) end()
    this.#connections.clear()
  }

  /** Changes a job for the test. Throws if the job is unknown or has ended. */
  change(id: string, transition: (job: StoredJob) => Transition): JobUpdate {
    const key = { namespace: this.#namespace, id }
    const job = this.store.record(key) && this.store.stored(key)
    if (job === undefined) throw new JobwireError('JOB_NOT_FOUND', `There is no job "${id}".`, { jobId: id })
    const next = transition(job)
    if (!next.ok) {
      throw new JobwireError('ALREADY_FINISHED', `The job "${id}" is ${job.state.status} already.`, { jobId: id })
    }
    const stored = this.store.put(job, next.state)
    void announce(this.#ports, [stored])
    return toUpdate(id, stored.state)
  }

  #push(pushes: readonly Push[]): void {
    for (const { update, watchers } of pushes) {
      const text = JSON.stringify({ type: 'jobs', jobs: [encodeUpdate(update).update] })
      const sessions = new Set(watchers.map((watcher) => readWatcher(watcher).session))
      for (const session of sessions) this.#connections.get(session)?.send(text)
    }
  }
}

function queryParameters(query = ''): Record<string, string[]> {
  const parameters: Record<string, string[]> = {}
  for (const [name, value] of new URLSearchParams(query)) (parameters[name] ??= []).push(value)
  return parameters
}
