import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { modelAssembly } from '../support/assembly.ts'
import { playRound } from './round.ts'
import { aboutRandomSequences } from './random-sequences.ts'
import type { Sequence } from './sequence.ts'
import { startWorld, type World } from '../support/world.ts'

/** Sequences that random play has found, shrunk as far as possible. Each was a bug. */
const FOUND: Readonly<Record<string, Sequence>> = {
  'a push whose call breaks off is tried again': {
    tasks: {},
    commands: [{ type: 'submit', client: 0, jobs: ['a'], rest: false }],
    faults: [{ type: 'cutBefore', function: 'Worker', operation: 'PostToConnection', nth: 0, times: 1 }],
  },
}

aboutRandomSequences(0)

describe('sequences that have found a bug', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld(await modelAssembly())
  }, 60_000)
  afterAll(() => world.close())

  it.each(Object.entries(FOUND))('%s', async (_, sequence) => {
    expect((await playRound(world, [sequence]))[0]!.violations).toEqual([])
  })
})
