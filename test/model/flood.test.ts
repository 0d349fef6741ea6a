import { expect, it } from '@jest/globals'
import { modelAssembly } from './support/assembly.ts'
import { checkFlood } from './support/flood.ts'
import { startWorld } from './support/world.ts'

it('a flood with a group for each job does not delay another namespace (I11)', async () => {
  const world = await startWorld(await modelAssembly())
  try {
    expect(await checkFlood(world)).toEqual([])
  } finally {
    await world.close()
  }
}, 120_000)
