import { DEFAULT_QUEUE } from '../../../protocol/job/queue-name.ts'
import type { JobRequest, Json } from '../../../protocol/job/job.ts'
import { idOfKey } from '../../../protocol/job/key-id.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import { type Duration, durationMs } from '../../../protocol/kit/policy.ts'
import { DEFAULT_PRIORITY } from '../../../protocol/job/priority.ts'
import type { Task, TaskMap } from '../../../protocol/job/task.ts'
import type { Log } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { wholeSecond } from '../job/expiry.ts'
import type { JobPolicy, NewJob } from '../job/stored-job.ts'
import { validateInput } from './validate-input.ts'
import type { WebhookTargets } from '../webhooks/check-webhook.ts'
import { checkWebhook } from '../webhooks/check-webhook.ts'

const NAMES_IN_ERROR = 20

/** A job on its way in. */
export interface Submission {
  readonly job: NewJob
  /** What its task runs with: the job's input as the task's schema gives it. The record keeps what was sent. */
  readonly input: Json
  /** A failed or cancelled job of that id runs again. */
  readonly rerun: boolean
}

export interface MakeJobPorts {
  readonly clock: Clock
  readonly log: Log
  readonly tasks: TaskMap
  /** Makes the ids of jobs that came without one. */
  readonly nextId: () => string
  /** How long a record is kept. */
  readonly ttlMs: number
  /** Which receivers of webhooks are called. */
  readonly webhookTargets: WebhookTargets
}

/** Makes a job of a request. `prefix` is where the request stood, like `jobs.3.`, for the paths of errors. */
export async function makeJob(
  ports: MakeJobPorts,
  namespace: string,
  request: JobRequest,
  prefix: string,
): Promise<Parsed<Submission>> {
  const task = findTask(ports.tasks, request.task)
  if (task === undefined) return refuse('UNKNOWN_TASK', unknownTaskText(request.task, ports.tasks), `${prefix}task`)
  const id = await requestedId(ports, namespace, request, prefix)
  if (!id.ok) return id
  const times = requestedTimes(ports, request, prefix)
  if (!times.ok) return times
  const { input: sent = null, rerun = false, idempotencyKey, metadata, tags, priority, webhook } = request
  const refusal = webhook && checkWebhook(webhook, ports.webhookTargets, `${prefix}webhook.url`)
  if (refusal !== undefined) return refusal
  const input = task.input === undefined ? accept(sent) : await validateInput(task, sent, `${prefix}input`, ports.log)
  if (!input.ok) return input
  const { createdAt, expiresAt, dueAt, startBy } = times.value
  const job: NewJob = {
    id: id.value,
    namespace,
    task: request.task,
    input: sent,
    priority: priority ?? task.priority ?? DEFAULT_PRIORITY,
    queue: task.queue ?? DEFAULT_QUEUE,
    createdAt,
    expiresAt,
    policy: requestedPolicy(request, startBy),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
    ...(webhook === undefined ? {} : { webhook }),
  }
  return accept({ job, input: input.value, rerun })
}

export function findTask(tasks: TaskMap, name: string): Task | undefined {
  return Object.hasOwn(tasks, name) ? tasks[name] : undefined
}

async function requestedId(
  { nextId }: MakeJobPorts,
  namespace: string,
  { id, idempotencyKey }: JobRequest,
  prefix: string,
): Promise<Parsed<string>> {
  if (idempotencyKey === undefined) return accept(id ?? nextId())
  const named = await idOfKey(namespace, idempotencyKey)
  // A client may work the id out by itself, to watch the job before the answer.
  if (id === undefined || id === named) return accept(named)
  const message = 'A job has either an "id" or an "idempotencyKey", from which its id follows. Send one of the two.'
  return refuse('INVALID_REQUEST', message, `${prefix}idempotencyKey`)
}

interface Times {
  readonly createdAt: number
  readonly expiresAt: number
  readonly dueAt?: number
  readonly startBy?: number
}

function requestedTimes({ clock, ttlMs }: MakeJobPorts, request: JobRequest, prefix: string): Parsed<Times> {
  const createdAt = clock.now()
  const delayMs = wholeMs(request.delay) ?? 0
  const askedTtlMs = wholeMs(request.ttl)
  if (askedTtlMs !== undefined && askedTtlMs <= delayMs) {
    const message = 'The field "ttl" must be longer than "delay", or the record is gone before the job runs.'
    return refuse('INVALID_REQUEST', message, `${prefix}ttl`)
  }
  const startWithinMs = wholeMs(request.startWithin)
  return accept({
    createdAt,
    expiresAt: wholeSecond(createdAt + (askedTtlMs ?? delayMs + ttlMs)),
    ...(delayMs === 0 ? {} : { dueAt: createdAt + delayMs }),
    ...(startWithinMs === undefined ? {} : { startBy: createdAt + delayMs + startWithinMs }),
  })
}

function requestedPolicy({ attempts, backoff, timeout, group }: JobRequest, startBy: number | undefined): JobPolicy {
  const asked = {
    attempts,
    backoffInitialMs: wholeMs(backoff?.initial),
    backoffCapMs: wholeMs(backoff?.cap),
    timeoutMs: wholeMs(timeout),
    startBy,
    group,
  }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

/** Whole milliseconds; the request was read before, so that this does not throw. */
export function wholeMs(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Math.ceil(durationMs(duration))
}

export function unknownTaskText(name: string, tasks: TaskMap): string {
  const names = Object.keys(tasks)
  const shown = names.slice(0, NAMES_IN_ERROR).join(', ') + (names.length > NAMES_IN_ERROR ? ', …' : '')
  return `This deployment has no task "${name}". It has: ${shown}.`
}
