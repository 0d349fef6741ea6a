import { errorFields } from '../kit/log.ts'
import type { JobLog, Log } from '../kit/log.ts'
import { makeWebhook } from '../webhooks/make-webhook.ts'
import { updateForWatchers } from '../job/tell-job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { Pusher } from './pusher.ts'
import type { StoredJob } from '../job/stored-job.ts'
import type { WebhookQueue } from '../webhooks/webhook-queue.ts'

export interface AnnouncePorts {
  readonly pusher: Pusher
  readonly webhooks: WebhookQueue
  readonly clock: Clock
  readonly log: Log
  /** `failures` by default. */
  readonly jobLog?: JobLog
}

/**
 * Announces stored states: pushes them to the watchers, and queues the webhooks of jobs that have ended. After a push
 * that fails, its watcher gets the state when it asks. Nobody asks for a webhook, so this returns the jobs whose webhook
 * could not be queued, and the caller must have them announced again. Never rejects.
 */
export async function announce(ports: AnnouncePorts, jobs: readonly StoredJob[]): Promise<ReadonlySet<StoredJob>> {
  const [untold] = await Promise.all([queueWebhooks(ports, jobs), pushUpdates(ports, jobs)])
  return untold
}

async function pushUpdates({ pusher, log }: AnnouncePorts, jobs: readonly StoredJob[]): Promise<void> {
  const pushes = jobs
    .filter(({ watchers }) => watchers.length > 0)
    .map((job) => ({ namespace: job.namespace, update: updateForWatchers(job), watchers: job.watchers }))
  if (pushes.length === 0) return
  await pusher.push(pushes).catch((error: unknown) => {
    log('error', 'Pushing failed; watchers get the state when they ask.', errorFields(error))
  })
}

/**
 * Queues the webhooks of jobs that have ended, without a push. For a caller that finds an end which somebody else has
 * stored and pushed: the log of deliveries drops a webhook that is queued twice. Returns the jobs whose webhook could not
 * be queued. Never rejects.
 */
export async function queueWebhooks(
  { webhooks, clock, log }: AnnouncePorts,
  jobs: readonly StoredJob[],
): Promise<ReadonlySet<StoredJob>> {
  const asked = jobs.filter(({ facts }) => facts.webhook !== undefined)
  if (asked.length === 0) return new Set()
  try {
    const made = await Promise.all(asked.map(async (job) => ({ job, message: await makeWebhook(job, clock.now()) })))
    const messages = made.flatMap(({ message }) => message ?? [])
    const unsent = new Set(messages.length === 0 ? [] : await webhooks.send(messages))
    return new Set(made.flatMap(({ job, message }) => (message !== undefined && unsent.has(message) ? [job] : [])))
  } catch (error) {
    log('error', 'Queueing webhooks failed.', errorFields(error))
    return new Set(asked)
  }
}
