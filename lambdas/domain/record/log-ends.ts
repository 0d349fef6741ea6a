import { isTerminal } from '../../../protocol/job/job.ts'
import type { JobLog, Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { LiveJob } from './live-job.ts'

/** The message of the line. `jobwire dev` and `jobwire logs` find the line by it. */
export const JOB_ENDED = 'A job ended.'

/** Logs a line for each of these jobs that has ended, if the deployment asks for it. Call it once for each end. */
export function logEnds(
  { log, jobLog = 'failures' }: { readonly log: Log; readonly jobLog?: JobLog | undefined },
  jobs: readonly LiveJob[],
): void {
  if (jobLog === 'none') return
  for (const { stored, thrown } of jobs) {
    const { id, namespace, facts, state, createdAt } = stored
    const { status, attempts, error, startedAt, finishedAt = createdAt } = state
    if (!isTerminal(status) || (jobLog === 'failures' && status !== 'failed')) continue
    log(status === 'failed' ? 'warn' : 'info', JOB_ENDED, {
      jobId: id,
      namespace,
      task: facts.task,
      status,
      attempts,
      totalMs: finishedAt - createdAt,
      ...(startedAt === undefined ? {} : { ranMs: finishedAt - startedAt }),
      ...(error === undefined ? {} : { code: error.code, reason: error.message }),
      ...(thrown === undefined ? {} : errorFields(thrown)),
    })
  }
}
