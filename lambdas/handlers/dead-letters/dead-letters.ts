import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { failDeadLetters } from '../../domain/dead-letters/fail-dead-letters.ts'
import { failUnreadable } from '../../domain/dead-letters/fail-unreadable.ts'
import type { RecorderPorts } from '../../domain/record/record-changes.ts'
import { readJobMessages } from '../batch/queue-messages.ts'

/** Records the jobs whose messages reached a dead-letter queue as failed. */
export function createDeadLettersHandler(ports: RecorderPorts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async (event) => {
    const { items, unreadable } = readJobMessages(event, ports.log)
    // A message that names no job is dropped: it is in the log.
    const again = await Promise.all([failDeadLetters(ports, items), failUnreadable(ports, unreadable)])
    return { batchItemFailures: again.flat().map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
