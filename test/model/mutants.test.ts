import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelAssembly } from './assembly.ts'
import { checkSequences } from './check-sequences.ts'
import { mutantAssembly } from './mutant-assembly.ts'
import { MUTANTS } from './mutants.ts'
import { startWorld } from './world.ts'

/** The same for every mutant, and for what has no bug. */
const SEED = 1
/** Within so many sequences a mutant must be caught. */
const SEQUENCES = 600

describe('the checker of sequences', () => {
  const workDir = mkdtempSync(join(tmpdir(), 'jobwire-mutants-'))
  let assemblyDir: string

  beforeAll(async () => {
    assemblyDir = await modelAssembly()
  }, 60_000)
  afterAll(() => rmSync(workDir, { recursive: true, force: true }))

  it.each(MUTANTS.map((mutant, index) => [mutant.name, index] as const))(
    'catches a platform that %s',
    async (name, index) => {
      const dir = join(workDir, String(index))
      mkdirSync(dir)
      const world = await startWorld(mutantAssembly(assemblyDir, MUTANTS[index]!, dir))
      try {
        const failure = await checkSequences(world, { seed: SEED, count: SEQUENCES, shrinks: false })
        expect(failure?.violations).toBeDefined()
        const invariants = [...new Set(failure!.violations.map(({ invariant }) => invariant))].sort().join(', ')
        process.stdout.write(`"${name}" breaks ${invariants} within ${failure!.afterSequences} sequences\n`)
      } finally {
        await world.close()
      }
    },
    300_000,
  )
})
