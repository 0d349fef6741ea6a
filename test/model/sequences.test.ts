import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { modelAssembly } from './assembly.ts'
import { checkSequences } from './check-sequences.ts'
import { startWorld, type World } from './world.ts'

/** MODEL_SEED repeats a failure, MODEL_SEQUENCES plays more of them. */
const SEED = Number(process.env.MODEL_SEED ?? Date.now() % 1_000_000_000)
const SEQUENCES = Number(process.env.MODEL_SEQUENCES ?? 2_000)
const MINUTES = 10

describe('random sequences with faults', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld(await modelAssembly())
  }, 60_000)
  afterAll(() => world.close())

  it(
    `${SEQUENCES} of them, from seed ${SEED} on, keep every invariant`,
    async () => {
      expect(await checkSequences(world, { seed: SEED, count: SEQUENCES })).toBeUndefined()
    },
    MINUTES * 60_000,
  )
})
