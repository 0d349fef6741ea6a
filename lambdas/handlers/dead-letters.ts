import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { buryDeadLetters } from '../domain/bury-dead-letters.ts'
import type { RecorderPorts } from '../domain/record-changes.ts'
import { readMessages } from './queue-messages.ts'

/** Records the jobs whose messages reached a dead-letter queue as failed. */
export function createDeadLettersHandler(ports: RecorderPorts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async (event) => {
    // What cannot be read is in the log now; it names no job that could be failed, so it ends here.
    const { items } = readMessages(event, ports.log)
    const again = await buryDeadLetters(ports, items)
    return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
