import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { modelAssembly } from './assembly.ts'
import { checkSequences } from './check-sequences.ts'
import { playRound } from './round.ts'
import type { Sequence } from './sequence.ts'
import { startWorld, type World } from './world.ts'

/** MODEL_SEED repeats a failure, MODEL_SEQUENCES plays more of them. */
const SEED = Number(process.env.MODEL_SEED ?? Date.now() % 1_000_000_000)
const SEQUENCES = Number(process.env.MODEL_SEQUENCES ?? 2_000)
const MINUTES = 10

/** What random sequences have found, as small as it was shrunk: each was a bug. */
const FOUND: Readonly<Record<string, Sequence>> = {
  'a push whose call breaks off is tried again': {
    tasks: {},
    commands: [{ type: 'submit', client: 0, jobs: ['a'], rest: false }],
    faults: [{ type: 'cutBefore', function: 'Worker', operation: 'PostToConnection', nth: 0, times: 1 }],
  },
}

describe('random sequences with faults', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld(await modelAssembly())
  }, 60_000)
  afterAll(() => world.close())

  it.each(Object.entries(FOUND))('%s', async (_, sequence) => {
    expect((await playRound(world, [sequence]))[0]!.violations).toEqual([])
  })

  it(
    `${SEQUENCES} of them, from seed ${SEED} on, keep every invariant`,
    async () => {
      expect(await checkSequences(world, { seed: SEED, count: SEQUENCES })).toBeUndefined()
    },
    MINUTES * 60_000,
  )
})
