import type { JobProgress } from '../../../protocol/job/job.ts'
import { parseProgress } from '../../../protocol/job/parse-progress.ts'

/** Checks the value that a task gave to `progress`. Throws a `TypeError` that says what is wrong with it. */
export function readProgress(value: unknown): JobProgress {
  const parsed = parseProgress(value, 'progress')
  if (!parsed.ok) throw new TypeError(parsed.error.message)
  return parsed.value
}
