import type { CancelOutcome, SubmitOutcome } from '../../../protocol/job/job.ts'
import { exceedsUtf8 } from '../../../protocol/kit/utf8.ts'

/**
 * Shortens the outcomes of a submit or a cancel if they are too large for its answer, as the errors of thousands of bad
 * jobs are: then each error keeps its code and place, and loses its sentence.
 */
export function fitOutcomes<Outcome extends SubmitOutcome | CancelOutcome>(
  outcomes: readonly Outcome[],
  maxBytes: number,
): readonly Outcome[] {
  return exceedsUtf8(JSON.stringify(outcomes), maxBytes) ? outcomes.map(withoutSentence) : outcomes
}

function withoutSentence<Outcome extends SubmitOutcome | CancelOutcome>(outcome: Outcome): Outcome {
  if (!('error' in outcome)) return outcome
  return { ...outcome, error: { code: outcome.error.code, message: '' } }
}
