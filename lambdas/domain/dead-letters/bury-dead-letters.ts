import { JOB_ERRORS } from '../../../protocol/kit/errors.ts'
import type { JobFailure } from '../../../protocol/job/job.ts'
import { announce } from '../record/announce.ts'
import type { JobState } from '../job/job-state.ts'
import { fail, failUnrun } from '../job/job-state.ts'
import { errorFields } from '../kit/log.ts'
import type { BatchItem } from '../batch/look-up-batch.ts'
import { lookUpBatch } from '../batch/look-up-batch.ts'
import type { RecorderPorts } from '../record/record-changes.ts'
import { createChangeRecorder } from '../record/record-changes.ts'

const GIVEN_UP: JobFailure = {
  code: 'WORKER_CRASHED',
  message: `${JOB_ERRORS.WORKER_CRASHED} Its message was given up after many tries.`,
  retryable: true,
}

/**
 * Records jobs whose messages reached a dead-letter queue as failed, so that none hangs, and tells their
 * watchers. What is terminal stays as it is. Returns the ids of items to be delivered once more.
 */
export async function buryDeadLetters(ports: RecorderPorts, items: readonly BatchItem[]): Promise<string[]> {
  const { toRun: unfinished, ended } = await lookUpBatch(ports, items, 'strong')
  const recorder = createChangeRecorder(ports, unfinished.length)
  const finishedAt = ports.clock.now()
  const again: string[] = []
  const burials = unfinished.map(async ({ stored, items: letters }) => {
    try {
      await recorder.finish({ stored }, (state) => bury(state, finishedAt)).pushed
    } catch (cause) {
      ports.log('error', 'A dead letter could not be recorded.', { jobId: stored.id, ...errorFields(cause) })
      again.push(...letters.map(({ itemId }) => itemId))
    }
  })
  const [untold] = await Promise.all([
    announce(
      ports,
      ended.map(({ stored }) => stored),
    ),
    ...burials,
  ])
  const untoldLetters = ended.filter(({ stored }) => untold.has(stored)).flatMap(({ items: letters }) => letters)
  return [...again, ...untoldLetters.map(({ itemId }) => itemId)]
}

/** A job between two attempts failed of what its latest one failed of, and that attempt is counted already. */
function bury(state: JobState, finishedAt: number): ReturnType<typeof fail> {
  if (state.status === 'pending' && state.error !== undefined) {
    return failUnrun(state, { error: state.error, finishedAt })
  }
  return fail(state, { error: GIVEN_UP, finishedAt })
}
