import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { failDeadLetters, failUnsentDelays } from '../../domain/dead-letters/fail-dead-letters.ts'
import { failUnreadable } from '../../domain/dead-letters/fail-unreadable.ts'
import { type FailedRingPorts, recordFailedRings } from '../../domain/dead-letters/record-failed-rings.ts'
import { readJobMessages } from '../batch/queue-messages.ts'
import { sortDeadLetters } from './schedule-letters.ts'

/** Records the jobs and the runs of schedules whose messages reached a dead-letter queue as failed. */
export function createDeadLettersHandler(ports: FailedRingPorts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async (event) => {
    const { jobs, delays, sendAt, rings } = sortDeadLetters(event)
    const dead = readJobMessages(jobs, ports.log)
    const unsent = readJobMessages(delays, ports.log)
    // A message that names no job is dropped: it is in the log.
    const again = await Promise.all([
      failDeadLetters(ports, dead.items),
      failUnsentDelays(ports, unsent.items, sendAt),
      failUnreadable(ports, [...dead.unreadable, ...unsent.unreadable]),
      recordFailedRings(ports, rings),
    ])
    return { batchItemFailures: again.flat().map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
