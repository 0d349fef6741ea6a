import { JOB_ERRORS } from '../../protocol/errors.ts'
import { fail } from './job.ts'
import { errorFields } from './log.ts'
import type { BatchItem } from './look-up-batch.ts'
import { lookUpBatch } from './look-up-batch.ts'
import { toUpdate } from './pack-updates.ts'
import type { RecorderPorts } from './record-changes.ts'
import { createChangeRecorder } from './record-changes.ts'

/**
 * Records jobs whose messages reached a dead-letter queue as failed, so that none hangs, and tells their
 * watchers. What is terminal stays as it is. Returns the ids of items to be delivered once more.
 */
export async function buryDeadLetters(ports: RecorderPorts, items: readonly BatchItem[]): Promise<string[]> {
  const { toRun: unfinished, ended } = await lookUpBatch(ports, items, 'strong')
  const recorder = createChangeRecorder(ports, unfinished.length)
  const finishedAt = ports.clock.now()
  const error = {
    code: 'WORKER_CRASHED',
    message: `${JOB_ERRORS.WORKER_CRASHED} Its message was given up after several tries.`,
    retryable: true,
  }
  const again: string[] = []
  const burials = unfinished.map(async ({ stored, itemIds }) => {
    try {
      await recorder.finish({ stored }, (state) => fail(state, { error, finishedAt })).pushed
    } catch (cause) {
      ports.log('error', 'A dead letter could not be recorded.', { jobId: stored.id, ...errorFields(cause) })
      again.push(...itemIds)
    }
  })
  const deliveries = ended
    .map(({ stored }) => stored)
    .filter(({ watchers }) => watchers.length > 0)
    .map(({ namespace, id, state, watchers }) => ({ namespace, update: toUpdate(id, state), watchers }))
  await Promise.all([deliveries.length > 0 ? ports.pusher.push(deliveries) : undefined, ...burials])
  return again
}
