import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { modelAssembly } from '../support/assembly.ts'
import { checkSequences } from './check-sequences.ts'
import { startWorld, type World } from '../support/world.ts'

/** MODEL_SEED repeats a failure, MODEL_SEQUENCES plays more of them. */
const SEED = Number(process.env.MODEL_SEED ?? Date.now() % 1_000_000_000)
const SEQUENCES = Number(process.env.MODEL_SEQUENCES ?? 2_000)
const MINUTES = 15

/** Half of the sequences. Each half has its own test file, so that jest plays both at the same time. */
const SHARE = Math.ceil(SEQUENCES / 2)

/** Defines the test of one half. */
export function aboutRandomSequences(share: 0 | 1): void {
  const seed = SEED + share * SHARE
  const count = Math.min(SHARE, SEQUENCES - share * SHARE)

  describe('random sequences with faults', () => {
    let world: World

    beforeAll(async () => {
      world = await startWorld(await modelAssembly())
    }, 60_000)
    afterAll(() => world.close())

    it(
      `${count} of them, from seed ${seed} on, keep every invariant`,
      async () => {
        expect(await checkSequences(world, { seed, count })).toBeUndefined()
      },
      MINUTES * 60_000,
    )
  })
}
