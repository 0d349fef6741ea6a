import { JOB_ERRORS } from '../../../protocol/kit/errors.ts'
import type { JobFailure } from '../../../protocol/job/job.ts'
import { announce } from '../record/announce.ts'
import type { JobState, Transition } from '../job/job-state.ts'
import { applyFailure, applyFailureWithoutRun } from '../job/job-state.ts'
import { errorFields } from '../kit/log.ts'
import type { BatchItem } from '../batch/job-in-batch.ts'
import { lookUpBatch } from '../batch/look-up-batch.ts'
import { applyUnsentDelay } from './fail-unsent.ts'
import type { RecorderPorts } from '../record/record-changes.ts'
import { createChangeRecorder } from '../record/record-changes.ts'

const GIVEN_UP: JobFailure = {
  code: 'WORKER_CRASHED',
  message: `${JOB_ERRORS.WORKER_CRASHED} The queue gave up its message after many tries.`,
  retryable: true,
}

/**
 * Records jobs whose messages reached a dead-letter queue as failed, so that every job ends, and tells their
 * watchers. A terminal job stays as it is. Returns the ids of the messages that must come once more.
 */
export function failDeadLetters(ports: RecorderPorts, items: readonly BatchItem[]): Promise<string[]> {
  return failJobs(ports, items, failDeadLetter)
}

/**
 * Does the same for jobs whose messages could not be sent at the end of a long delay. `sendAt` has the planned time of
 * each message by its id.
 */
export function failUnsentDelays(
  ports: RecorderPorts,
  items: readonly BatchItem[],
  sendAt: ReadonlyMap<string, number>,
): Promise<string[]> {
  for (const { message } of items) {
    ports.log('error', 'The message of a delayed job could not be sent.', { jobId: message.id })
  }
  return failJobs(ports, items, (state, finishedAt, messages) =>
    applyUnsentDelay(state, Math.max(...messages.map(({ itemId }) => sendAt.get(itemId) ?? finishedAt)), finishedAt),
  )
}

async function failJobs(
  ports: RecorderPorts,
  items: readonly BatchItem[],
  fail: (state: JobState, finishedAt: number, messages: readonly BatchItem[]) => Transition,
): Promise<string[]> {
  if (items.length === 0) return []
  const { toRun: unfinished, ended } = await lookUpBatch(ports, items, 'strong')
  const recorder = createChangeRecorder(ports, unfinished.length)
  const finishedAt = ports.clock.now()
  const again: string[] = []
  const recordings = unfinished.map(async ({ stored, items: messages }) => {
    try {
      await recorder.finish({ stored }, (state) => fail(state, finishedAt, messages)).pushed
    } catch (cause) {
      ports.log('error', 'A dead letter could not be recorded.', { jobId: stored.id, ...errorFields(cause) })
      again.push(...messages.map(({ itemId }) => itemId))
    }
  })
  const [untold] = await Promise.all([
    announce(
      ports,
      ended.map(({ stored }) => stored),
    ),
    ...recordings,
  ])
  const untoldMessages = ended.filter(({ stored }) => untold.has(stored)).flatMap(({ items: messages }) => messages)
  return [...again, ...untoldMessages.map(({ itemId }) => itemId)]
}

/** A job between two attempts fails with the error of its latest attempt, which is counted already. */
function failDeadLetter(state: JobState, finishedAt: number): Transition {
  if (state.status === 'pending' && state.error !== undefined) {
    return applyFailureWithoutRun(state, { error: state.error, finishedAt })
  }
  return applyFailure(state, { error: GIVEN_UP, finishedAt })
}
