import { JOB_ERRORS } from '../../../protocol/kit/errors.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import { announce } from '../record/announce.ts'
import { applyFailureWithoutRun } from '../job/job-state.ts'
import { errorFields } from '../kit/log.ts'
import { isSameLife } from '../job/same-life.ts'
import type { JobKey } from '../job/stored-job.ts'
import type { RecorderPorts } from '../record/record-changes.ts'
import { createChangeRecorder } from '../record/record-changes.ts'

/** A message of a job queue that is no job, or was written by another version of the platform. */
export interface UnreadableMessage {
  readonly itemId: string
  readonly receives: number
  readonly reason: string
  /** The job of the message, if that can be read. */
  readonly job?: JobKey & { readonly createdAt: number }
}

/**
 * Records the jobs of unreadable messages as failed, so that every job ends. Returns the ids of the messages that must
 * come again, because that could not be stored.
 */
export async function failUnreadable(ports: RecorderPorts, messages: readonly UnreadableMessage[]): Promise<string[]> {
  const named = messages.flatMap(({ itemId, reason, job }) => (job === undefined ? [] : [{ itemId, reason, job }]))
  if (named.length === 0) return []
  try {
    const found = await ports.store.load(
      [...new Map(named.map(({ job: { namespace, id } }) => [`${namespace}#${id}`, { namespace, id }])).values()],
      'strong',
    )
    const known = found.flatMap((stored) => {
      const message = named.find(({ job }) => isSameLife(job, stored))
      return message === undefined ? [] : [{ stored, reason: message.reason }]
    })
    const failing = known.filter(({ stored }) => !isTerminal(stored.state.status))
    // An earlier call may have stored the failure and then ended before it told anybody.
    const failed = known.filter((job) => !failing.includes(job)).map(({ stored }) => stored)
    const recorder = createChangeRecorder(ports, failing.length)
    const finishedAt = ports.clock.now()
    const [untold] = await Promise.all([
      announce(ports, failed),
      ...failing.map(({ stored, reason }) => {
        const message = `${JOB_ERRORS.MESSAGE_UNREADABLE} ${reason}`
        const error = { code: 'MESSAGE_UNREADABLE', message, retryable: true }
        return recorder.finish({ stored }, (state) => applyFailureWithoutRun(state, { error, finishedAt })).pushed
      }),
    ])
    if (untold.size > 0) throw new Error('Webhooks could not be queued.')
    return []
  } catch (error) {
    ports.log(
      'error',
      'Jobs of unreadable messages could not be recorded as failed; they are tried again.',
      errorFields(error),
    )
    return named.map(({ itemId }) => itemId)
  }
}
