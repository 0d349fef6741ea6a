import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { RunBatchPorts } from '../domain/run-batch.ts'
import { runBatch } from '../domain/run-batch.ts'
import { readMessages } from './queue-messages.ts'

/** Time kept back from the runs, to store and push what came of them. */
const RESERVE_MS = 2_000
const RESERVE_SHARE = 0.2

/** Runs the jobs of a batch from a job queue. */
export function createWorkerHandler(
  ports: RunBatchPorts,
): (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse> {
  return async (event, context) => {
    const { items, malformed } = readMessages(event, ports.log)
    const remainingMs = context.getRemainingTimeInMillis()
    const deadline = ports.clock.now() + remainingMs - Math.min(RESERVE_MS, remainingMs * RESERVE_SHARE)
    const again = await runBatch(ports, items, { deadline })
    // What cannot be read is left to the dead-letter queue.
    return { batchItemFailures: [...malformed, ...again].map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
