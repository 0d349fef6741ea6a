import * as fc from 'fast-check'
import type { Violation } from './model.ts'
import { playRound } from './round.ts'
import { sequenceOf, sequences, type Sequence } from './sequence.ts'
import type { World } from '../support/world.ts'

/** The number of sequences that are played side by side. */
const ROUND = 40
/** The limit for each shrinking step and for all of them together: shrinking may run a sequence hundreds of times. */
const SHRINK_MS = 60_000

export interface Check {
  /** Sequence number n has the seed `seed + n`. */
  readonly seed: number
  readonly count: number
  /** False if it is enough to know that there is a failure. */
  readonly shrinks?: boolean
}

export interface Failure {
  /** Plays it again: MODEL_SEED=<seed> MODEL_SEQUENCES=1. */
  readonly seed: number
  readonly afterSequences: number
  readonly violations: readonly Violation[]
  /** The smallest sequence found that fails too, played alone. Absent if none failed alone. */
  readonly shrunk?: string
}

/** Plays sequences until one breaks an invariant. Returns undefined if none does. */
export async function checkSequences(
  world: World,
  { seed, count, shrinks = true }: Check,
): Promise<Failure | undefined> {
  for (let done = 0; done < count; done += ROUND) {
    const seeds = Array.from({ length: Math.min(ROUND, count - done) }, (_, index) => seed + done + index)
    const outcomes = await playRound(world, seeds.map(sequenceOf))
    const failed = outcomes.findIndex(({ violations }) => violations.length > 0)
    if (failed < 0) continue
    const { violations } = outcomes[failed]!
    const shrunk = shrinks ? await shrink(world, seeds[failed]!) : undefined
    return {
      seed: seeds[failed]!,
      afterSequences: done + seeds.length,
      violations,
      ...(shrunk === undefined ? {} : { shrunk }),
    }
  }
  return undefined
}

async function shrink(world: World, seed: number): Promise<string | undefined> {
  const holds = fc.asyncProperty(sequences, async (sequence: Sequence) => {
    const [outcome] = await playRound(world, [sequence])
    return outcome!.violations.length === 0
  })
  const { counterexample } = await fc.check(holds, {
    seed,
    numRuns: 1,
    interruptAfterTimeLimit: SHRINK_MS,
    markInterruptAsFailure: false,
  })
  return counterexample === null ? undefined : JSON.stringify(counterexample[0])
}
