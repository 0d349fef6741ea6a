import type { JobRequest, SubmitOutcome } from '../../../protocol/job/job.ts'
import type { Rest } from '../support/rest.ts'
import type { Violation } from './model.ts'
import type { HalfPlace } from './sequence.ts'

/** A lone surrogate: JSON can carry it, and UTF-8 cannot. */
const HALF = '\ud83d'
const REFUSED = 'INVALID_REQUEST'
/** The spoiled job follows the first one, so that most have neighbours on both sides. */
const PLACE = 1

const SPOILED: Readonly<Record<HalfPlace, Partial<JobRequest>>> = {
  tags: { tags: ['whole', HALF] },
  metadata: { metadata: { name: HALF } },
  group: { group: HALF },
  idempotencyKey: { idempotencyKey: HALF },
  input: { input: { names: [HALF] } },
}

/** Puts a job with half a character between the jobs of a submit. */
export function spoilSubmit(requests: readonly JobRequest[], half: HalfPlace | undefined): readonly JobRequest[] {
  return half === undefined ? requests : requests.toSpliced(PLACE, 0, { task: 'value', ...SPOILED[half] })
}

/** Takes the outcome of that job out again. */
export function unspoilOutcomes(
  outcomes: readonly SubmitOutcome[],
  half: HalfPlace | undefined,
): readonly SubmitOutcome[] {
  return half === undefined ? outcomes : outcomes.toSpliced(PLACE, 1)
}

/** Checks that the job with half a character was refused, and no neighbour for it (I6). */
export function* findSpoiled(outcomes: readonly SubmitOutcome[], half: HalfPlace | undefined): Generator<Violation> {
  if (half === undefined) return
  for (const [place, outcome] of outcomes.entries()) {
    const isRefused = 'error' in outcome && outcome.error.code === REFUSED
    if (isRefused === (place === PLACE)) continue
    const what = place === PLACE ? `a job with half a character in ${half}` : `the neighbour of such a job`
    yield { invariant: 'I6', what: `${what} gave ${JSON.stringify(outcome)}` }
  }
}

/** Checks that a publish with half a character is refused. */
export async function* publishHalf(rest: Rest, id: string): AsyncGenerator<Violation> {
  const { status } = await rest.publish(id, { progress: { percent: 1, message: HALF } })
  // A crash of the function is a 500, whatever it was asked.
  if (status === 400 || status === 429 || status >= 500) return
  yield { invariant: 'I6', what: `a publish with half a character gave ${status}` }
}
