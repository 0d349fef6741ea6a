import type { JobFailure, JobUpdate } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import { DEFAULT_PRIORITY } from '../../../protocol/job/priority.ts'
import type { PublishBody, PublishedError } from '../../../protocol/manage/publish.ts'
import { EXTERNAL_QUEUE } from '../../../protocol/job/queue-name.ts'
import type { AnnouncePorts } from '../record/announce.ts'
import { announce } from '../record/announce.ts'
import type { WebhookTargets } from '../webhooks/check-webhook.ts'
import { checkWebhook } from '../webhooks/check-webhook.ts'
import type { JobState, Transition } from '../job/job-state.ts'
import { applyFailure, PENDING, applyStart, applySuccess } from '../job/job-state.ts'
import { wholeSecond } from '../job/expiry.ts'
import { factsOf, toStoredJob } from '../job/known-job.ts'
import { wholeMs } from '../submit/make-job.ts'
import { updateForWatchers } from '../job/tell-job.ts'
import type { JobKey, NewJob, StoredJob } from '../job/stored-job.ts'
import type { JobStore } from '../job/job-store.ts'
import { isSameJson } from '../job/same-work.ts'

const TRIES = 6
const DEFAULT_TASK = 'external'

export interface PublishPorts extends AnnouncePorts {
  readonly store: JobStore
  readonly ttlMs: number
  readonly webhookTargets: WebhookTargets
}

/**
 * Records what the caller's own program says of a job that no queue runs, and tells the watchers. Creates the record if
 * there is none. The same publish again changes nothing and has the same answer.
 */
export async function publishJob(ports: PublishPorts, key: JobKey, body: PublishBody): Promise<Parsed<JobUpdate>> {
  const refusal = body.webhook && checkWebhook(body.webhook, ports.webhookTargets, 'webhook.url')
  if (refusal !== undefined) return refusal
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const present = await findOrCreateJob(ports, key, body)
    if (present === undefined) continue
    if (!present.ok) return present
    const next = publishedState(present.value.state, body, ports.clock.now())
    if (!next.ok) return refuse('ALREADY_FINISHED', alreadyFinishedText(key.id, present.value.state), 'id')
    if (next.state === present.value.state) return announceState(ports, present.value)
    const result = await ports.store.write({ job: present.value, state: next.state })
    if (result.kind === 'stored') return announceState(ports, result.job)
  }
  return refuse('UNAVAILABLE', 'The record kept changing: publish the same again, which is safe.')
}

/** Finds the job, or creates it if there is none. Returns undefined if somebody else created it meanwhile. */
async function findOrCreateJob(
  { store, clock, ttlMs }: PublishPorts,
  key: JobKey,
  body: PublishBody,
): Promise<Parsed<StoredJob> | undefined> {
  const known = await store.find(key)
  if (known === undefined) {
    const job = newExternalJob(key, body, clock.now(), ttlMs)
    const [result] = await store.insert([job], undefined)
    if (result?.kind !== 'inserted') return undefined
    return accept({
      ...key,
      createdAt: job.createdAt,
      expiresAt: job.expiresAt,
      state: PENDING,
      watchers: [],
      watchRevision: 0,
      facts: factsOf(job, false),
    })
  }
  const { queue, task, id } = known.record
  if (queue !== EXTERNAL_QUEUE) {
    const message = `The job "${id}" runs in a queue, so its task reports its state. Publish under another id.`
    return refuse('JOB_IS_QUEUED', message, 'id')
  }
  if (body.task !== undefined && body.task !== task) {
    const message = `The job "${id}" was published as "${task}". Publish under another id, or leave "task" out.`
    return refuse('IDEMPOTENCY_CONFLICT', message, 'task')
  }
  return accept(toStoredJob(known))
}

function newExternalJob(key: JobKey, body: PublishBody, createdAt: number, ttlMs: number): NewJob {
  const { task = DEFAULT_TASK, ttl, metadata, tags, webhook } = body
  return {
    ...key,
    task,
    input: null,
    priority: DEFAULT_PRIORITY,
    queue: EXTERNAL_QUEUE,
    createdAt,
    expiresAt: wholeSecond(createdAt + (wholeMs(ttl) ?? ttlMs)),
    ...(metadata === undefined ? {} : { metadata }),
    ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
    ...(webhook === undefined ? {} : { webhook }),
  }
}

/** Makes the state that follows from a publish. Returns the same object if the publish says nothing new. */
function publishedState(state: JobState, body: PublishBody, now: number): Transition {
  if (saysNothingNew(state, body)) return { ok: true, state }
  const startedAt = state.startedAt ?? now
  const progress = body.progress ?? state.progress
  if (body.status === 'success') {
    return applySuccess(state, { output: body.output ?? null, startedAt, progress, finishedAt: now })
  }
  if (body.status === 'failed') {
    return applyFailure(state, { error: toJobFailure(body.error), startedAt, progress, finishedAt: now })
  }
  return applyStart(state, { startedAt, progress, attempt: state.attempts + 1 })
}

function saysNothingNew(state: JobState, body: PublishBody): boolean {
  const { status, progress } = body
  if (progress !== undefined && !isSameJson({ ...progress }, { ...state.progress })) return false
  if (status === undefined) return progress === undefined || state.progress !== undefined
  if (status !== state.status) return false
  return body.status === 'failed'
    ? isSameJson({ ...toJobFailure(body.error) }, { ...state.error })
    : isSameJson(body.output ?? null, state.output)
}

function toJobFailure({ code, message, retryable = false }: PublishedError): JobFailure {
  return { code, message, retryable }
}

/** Also for a state that was stored before: the call that stored it may have ended before it told anybody. */
async function announceState(ports: PublishPorts, job: StoredJob): Promise<Parsed<JobUpdate>> {
  const untold = await announce(ports, [job])
  if (untold.size === 0) return accept(updateForWatchers(job))
  return refuse('UNAVAILABLE', 'It is unknown if the webhook was sent: publish the same again, which is safe.')
}

function alreadyFinishedText(id: string, { status }: JobState): string {
  const how = isTerminal(status) ? { success: 'succeeded', failed: 'failed', cancelled: 'been cancelled' }[status] : ''
  return `The job "${id}" has already ${how}, and that never changes. Publish under another id.`
}
