import type { JobProgress } from '../../../protocol/job/job.ts'
import { parseProgress } from '../../../protocol/job/parse-progress.ts'
import { replaceHalfCharactersInJson } from '../../../protocol/kit/whole-characters.ts'

/**
 * Checks the value that a task gave to `progress`, and replaces each half of a character by U+FFFD. Throws a `TypeError`
 * that says what is wrong with it.
 */
export function readProgress(value: unknown): JobProgress {
  const parsed = parseProgress(value, 'progress')
  if (!parsed.ok) throw new TypeError(parsed.error.message)
  return JSON.parse(replaceHalfCharactersInJson(JSON.stringify(parsed.value))) as JobProgress
}
