import { isTerminal } from '../../../protocol/job/job.ts'
import type { Json } from '../../../protocol/job/job.ts'
import { MAX_INLINE_BYTES } from '../../../protocol/kit/limits.ts'
import { exceedsUtf8 } from '../../../protocol/kit/utf8.ts'
import type { WebhookEvent, WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import { toUpdate } from '../job/tell-job.ts'
import type { StoredJob } from '../job/stored-job.ts'
import type { DeliveryKey } from './delivery-log.ts'

/**
 * The time after its end in which a job still gets a webhook, if its message comes once more. It is shorter than the
 * log of deliveries is kept, which knows what was sent, and longer than any message of a job that ran waits in a queue.
 */
const SEND_WITHIN_MS = 14 * 86_400_000

/** Makes the webhook of a job that has ended. Returns undefined if the job has none, or if it ended too long ago. */
export async function makeWebhook(job: StoredJob, now: number): Promise<WebhookMessage | undefined> {
  const { namespace, id: jobId, createdAt, state } = job
  const { webhook } = job.facts
  if (webhook === undefined || !isTerminal(state.status)) return undefined
  if (state.finishedAt !== undefined && now - state.finishedAt > SEND_WITHIN_MS) return undefined
  const webhookId = await makeWebhookId({ namespace, id: jobId, createdAt, version: state.version })
  return { v: 1, webhookId, namespace, jobId, createdAt, url: webhook.url, event: makeEvent(job, webhook.data, now) }
}

/** Makes one id for one end of one life of a job. It has no full stop, which separates the parts that are signed. */
async function makeWebhookId({ namespace, id, createdAt, version }: DeliveryKey): Promise<string> {
  const name = new TextEncoder().encode([namespace, id, createdAt, version].join('\n'))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', name))
  return `msg_${Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

function makeEvent({ id, state, facts }: StoredJob, data: Json | undefined, now: number): WebhookEvent {
  const { task, metadata, tags } = facts
  const { output, ...update } = toUpdate(id, state)
  const isLarge = output !== undefined && exceedsUtf8(JSON.stringify(output), MAX_INLINE_BYTES)
  const told = {
    ...update,
    ...(isLarge ? { outputOmitted: true } : output === undefined ? {} : { output }),
    task,
    ...(metadata === undefined ? {} : { metadata }),
    ...(tags === undefined ? {} : { tags }),
  }
  return {
    type: `job.${update.status}`,
    timestamp: new Date(update.finishedAt ?? now).toISOString(),
    data: { job: told, ...(data === undefined ? {} : { data }) },
  } as WebhookEvent
}
