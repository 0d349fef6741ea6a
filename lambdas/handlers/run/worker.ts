import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { runTimeMs } from '../../../protocol/job/run-time.ts'
import { failUnreadable } from '../../domain/dead-letters/fail-unreadable.ts'
import type { Presence } from '../../domain/workers/register-worker.ts'
import type { RunBatchPorts } from '../../domain/run/run-batch.ts'
import { runBatch } from '../../domain/run/run-batch.ts'
import { readJobMessages } from '../batch/queue-messages.ts'

/** During a deployment, a message of a newer version may meet a function of the older one. */
const UNREADABLE_RECEIVES = 5

export interface WorkerPorts extends RunBatchPorts {
  readonly presence: Presence
}

/** Runs the jobs of a batch from a job queue. */
export function createWorkerHandler(
  ports: WorkerPorts,
): (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse> {
  return async (event, context) => {
    const { items, unreadable } = readJobMessages(event, ports.log)
    const remainingMs = context.getRemainingTimeInMillis()
    const deadline = ports.clock.now() + runTimeMs(remainingMs)
    const givenUp = unreadable.filter(({ receives }) => receives >= UNREADABLE_RECEIVES)
    const kept = unreadable.filter((message) => !givenUp.includes(message)).map(({ itemId }) => itemId)
    const again = await ports.presence.during({ jobs: items.length, deadline }, () =>
      Promise.all([runBatch(ports, items, { deadline, longestRunMs: remainingMs }), failUnreadable(ports, givenUp)]),
    )
    return { batchItemFailures: [...kept, ...again.flat()].map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
