import type { JobFailure } from '../../../protocol/job/job.ts'
import { JOB_ERRORS } from '../../../protocol/kit/errors.ts'

/** The job did not start in time. */
export const EXPIRED: JobFailure = {
  code: 'EXPIRED',
  message: `${JOB_ERRORS.EXPIRED} Submit it again, with a longer "startWithin" or none.`,
  retryable: true,
}

/** The record expired while the job waited. Only its watchers will hear of it. */
export const OUTLIVED: JobFailure = {
  code: 'EXPIRED',
  message: 'The job was still waiting when its record expired. Submit it again, with a longer "ttl".',
  retryable: true,
}

export const CRASHED: JobFailure = {
  code: 'WORKER_CRASHED',
  message:
    `${JOB_ERRORS.WORKER_CRASHED} It did so three times, the last time with no other job at its side: ` +
    'look for a process that exits, memory that runs out, or a loop without an end.',
  retryable: true,
}

export const INPUT_GONE: JobFailure = {
  code: 'INPUT_GONE',
  message: `${JOB_ERRORS.INPUT_GONE} Somebody has deleted it from the bucket. Submit the job again under another id.`,
  retryable: false,
}

export function taskGone(name: string): JobFailure {
  const message = `This deployment has no task "${name}" any more: deploy it again, or submit another.`
  return { code: 'UNKNOWN_TASK', message, retryable: false }
}
