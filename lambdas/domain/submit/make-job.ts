import type { JobRequest, Json } from '../../../protocol/job/job.ts'
import { idOfKey } from '../../../protocol/job/key-id.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import { type Duration, durationMs } from '../../../protocol/kit/policy.ts'
import type { CatalogTask, TaskCatalog } from '../../../protocol/job/task-catalog.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { wholeSecond } from '../job/expiry.ts'
import type { JobPolicy, NewJob } from '../job/stored-job.ts'
import type { CheckInput } from './validate-input.ts'
import type { WebhookTargets } from '../webhooks/check-webhook.ts'
import { checkWebhook } from '../webhooks/check-webhook.ts'

const NAMES_IN_ERROR = 20

/** A job that is submitted. */
export interface Submission {
  readonly job: NewJob
  /** The input that its task runs with, as the task's schema returned it. The record keeps the input that was sent. */
  readonly input: Json
  /** True if a failed or cancelled job of that id should run again. */
  readonly rerun: boolean
}

export interface MakeJobPorts {
  readonly clock: Clock
  readonly catalog: TaskCatalog
  readonly checkInput: CheckInput
  /** Makes the id of a job that came without one. */
  readonly nextId: () => string
  /** The time for which a record is kept. */
  readonly ttlMs: number
  /** The receivers of webhooks that this deployment calls. */
  readonly webhookTargets: WebhookTargets
}

/** Makes a job of a request. `prefix` is the place of the request, like `jobs.3.`, for the paths of errors. */
export async function makeJob(
  ports: MakeJobPorts,
  namespace: string,
  request: JobRequest,
  prefix: string,
): Promise<Parsed<Submission>> {
  const task = findTask(ports.catalog, request.task)
  if (task === undefined) return refuse('UNKNOWN_TASK', unknownTaskText(request.task, ports.catalog), `${prefix}task`)
  const id = await requestedId(ports, namespace, request, prefix)
  if (!id.ok) return id
  const times = requestedTimes(ports, request, prefix)
  if (!times.ok) return times
  const { input: sent = null, rerun = false, idempotencyKey, metadata, tags, priority, webhook } = request
  const refusal = webhook && checkWebhook(webhook, ports.webhookTargets, `${prefix}webhook.url`)
  if (refusal !== undefined) return refusal
  const input = task.checksInput ? await ports.checkInput(request.task, sent, `${prefix}input`) : accept(sent)
  if (!input.ok) return input
  const { createdAt, expiresAt, dueAt, startBy } = times.value
  const job: NewJob = {
    id: id.value,
    namespace,
    task: request.task,
    input: sent,
    priority: priority ?? task.priority,
    queue: task.queue,
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

export function findTask(catalog: TaskCatalog, name: string): CatalogTask | undefined {
  return Object.hasOwn(catalog, name) ? catalog[name] : undefined
}

async function requestedId(
  { nextId }: MakeJobPorts,
  namespace: string,
  { id, idempotencyKey }: JobRequest,
  prefix: string,
): Promise<Parsed<string>> {
  if (idempotencyKey === undefined) return accept(id ?? nextId())
  const named = await idOfKey(namespace, idempotencyKey)
  // A client may compute the id by itself, to watch the job before the answer.
  if (id === undefined || id === named) return accept(named)
  const message =
    'A job has either an "id" or an "idempotencyKey", because its id follows from the key. Send only one of them.'
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

/** Returns whole milliseconds. The request was checked before, so this does not throw. */
export function wholeMs(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Math.ceil(durationMs(duration))
}

export function unknownTaskText(name: string, catalog: TaskCatalog): string {
  const names = Object.keys(catalog)
  const shown = names.slice(0, NAMES_IN_ERROR).join(', ') + (names.length > NAMES_IN_ERROR ? ', …' : '')
  return `This deployment has no task "${name}". It has: ${shown}.`
}
