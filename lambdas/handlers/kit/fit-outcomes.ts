import type { CancelOutcome, SubmitOutcome } from '../../../protocol/job/job.ts'
import { exceedsUtf8 } from '../../../protocol/kit/utf8.ts'

/**
 * The outcomes of a submit or a cancel as they fit its answer. Thousands of bad jobs have more to say than an answer
 * may hold: then each error keeps its code and place, and loses its sentence.
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
