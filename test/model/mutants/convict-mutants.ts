import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelAssembly } from '../support/assembly.ts'
import { checkSequences } from '../sequences/check-sequences.ts'
import { mutantAssembly } from './mutant-assembly.ts'
import type { Violation } from '../sequences/model.ts'
import { MUTANTS, type Mutant } from './mutants.ts'
import { playRound } from '../sequences/round.ts'
import type { Sequence } from '../sequences/sequence.ts'
import { startWorld, type World } from '../support/world.ts'

/** The same for every mutant, and for the code without a bug. */
const SEED = 1
/** The number of sequences within which a mutant must be caught. */
const SEQUENCES = 600

/**
 * The number of times that a mutant's own witness is played, side by side: its result depends on the order of events.
 */
const WITNESSES = 20
const WITNESS_ROUNDS = 10

/**
 * Defines the tests of one half of the mutants. Each half has its own test file, so that jest plays both at the same
 * time.
 */
export function aboutMutants(share: 0 | 1): void {
  const mutants = MUTANTS.filter((_, index) => index % 2 === share)

  describe('the checker of sequences', () => {
    const workDir = mkdtempSync(join(tmpdir(), 'jobwire-mutants-'))
    let assemblyDir: string

    beforeAll(async () => {
      assemblyDir = await modelAssembly()
    }, 60_000)
    afterAll(() => rmSync(workDir, { recursive: true, force: true }))

    it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
      'catches a platform that %s',
      async (name, mutant) => {
        const dir = join(workDir, String(mutants.indexOf(mutant)))
        mkdirSync(dir)
        const world = await startWorld(mutantAssembly(assemblyDir, mutant, dir))
        try {
          const { violations, sequences } = await convict(world, mutant)
          expect(violations).not.toEqual([])
          const invariants = [...new Set(violations.map(({ invariant }) => invariant))].sort().join(', ')
          process.stdout.write(`"${name}" breaks ${invariants} within ${sequences} sequences\n`)
        } finally {
          await world.close()
        }
      },
      300_000,
    )
  })
}

async function convict(
  world: World,
  { witness, alone, check }: Mutant,
): Promise<{ violations: readonly Violation[]; sequences: number }> {
  if (check !== undefined) return { violations: await check(world), sequences: 1 }
  if (witness !== undefined) {
    const sideBySide = alone === true ? 1 : WITNESSES
    for (let round = 1; round <= WITNESS_ROUNDS; round++) {
      const outcomes = await playRound(world, Array<Sequence>(sideBySide).fill(witness))
      const violations = outcomes.flatMap((outcome) => outcome.violations)
      if (violations.length > 0) return { violations, sequences: round * sideBySide }
    }
  }
  const failure = await checkSequences(world, { seed: SEED, count: SEQUENCES, shrinks: false }).catch(restless)
  return { violations: failure?.violations ?? [], sequences: failure?.afterSequences ?? SEQUENCES }
}

/** A platform whose queues never become empty is caught, too: some job of it never comes to rest. */
function restless(error: Error): { violations: readonly Violation[]; afterSequences: number } {
  if (!error.message.startsWith('The queues never became empty')) throw error
  return { violations: [{ invariant: 'I1', what: error.message }], afterSequences: SEQUENCES }
}
