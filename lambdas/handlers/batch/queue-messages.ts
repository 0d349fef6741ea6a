import type { SQSEvent } from 'aws-lambda'
import { ID_PATTERN } from '../../../protocol/job/id.ts'
import { parseQueueMessage } from '../../../protocol/wire/parse.ts'
import type { Log } from '../../domain/kit/log.ts'
import type { BatchItem } from '../../domain/batch/job-in-batch.ts'
import type { UnreadableMessage } from '../../domain/dead-letters/fail-unreadable.ts'
import { shortenText } from '../../../protocol/kit/shorten-text.ts'

export interface ReadJobMessages {
  readonly items: readonly BatchItem[]
  /** The messages that are broken or not ours. They are in the log. */
  readonly unreadable: readonly UnreadableMessage[]
}

const LOGGED_BODY = 1_000

export function readJobMessages(event: SQSEvent, log: Log): ReadJobMessages {
  const items: BatchItem[] = []
  const unreadable: UnreadableMessage[] = []
  for (const { messageId: itemId, receiptHandle, body, attributes } of event.Records) {
    const parsed = parseQueueMessage(body)
    const receives = Number(attributes.ApproximateReceiveCount)
    if (parsed.ok) {
      items.push({ itemId, message: parsed.value, receiptHandle, receives })
    } else {
      const reason = parsed.error.message
      unreadable.push({ itemId, receives, reason, ...readJobKey(body) })
      log('error', 'A message in a queue is not a job.', {
        messageId: itemId,
        reason,
        body: shortenText(body, LOGGED_BODY),
      })
    }
  }
  return { items, unreadable }
}

/** Reads the key of the job, if there is one, in a message that cannot be parsed. */
function readJobKey(body: string): Pick<UnreadableMessage, 'job'> {
  try {
    const { namespace, id, createdAt } = JSON.parse(body) as Record<string, unknown>
    const isNamed = isId(namespace) && isId(id) && typeof createdAt === 'number'
    return isNamed ? { job: { namespace, id, createdAt } } : {}
  } catch {
    return {}
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID_PATTERN.test(value)
}
