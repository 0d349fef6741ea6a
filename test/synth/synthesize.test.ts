import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { synthesize, type Synthesized } from '../../scripts/synthesize.ts'

const outDir = mkdtempSync(join(tmpdir(), 'jobwire-assemblies-'))
const tasksPath = join(outDir, 'tasks.ts')
const given = { ...process.env }

function synthesizeTasks(): Promise<Synthesized> {
  return synthesize({ root: process.cwd(), outDir: join(outDir, 'out'), tasksPath })
}

describe('synthesize', () => {
  let first: readonly Synthesized[]

  beforeAll(async () => {
    writeFileSync(tasksPath, 'export const tasks = {}\n')
    first = await Promise.all([synthesizeTasks(), synthesizeTasks()])
  })
  beforeEach(() => {
    process.env = { ...given }
  })
  afterAll(() => {
    process.env = given
    rmSync(outDir, { recursive: true, force: true })
  })

  it('gives concurrent calls the same complete assembly, and leaves nothing unfinished', () => {
    const [one, other] = first as [Synthesized, Synthesized]
    expect(one.assemblyDir).toBe(other.assemblyDir)
    expect(readdirSync(join(outDir, 'out'))).toHaveLength(1)
    const template = JSON.parse(readFileSync(join(one.assemblyDir, 'Jobwire.template.json'), 'utf8')) as object
    expect(Object.keys(template)).toEqual(expect.arrayContaining(['Resources', 'Outputs']))
    expect(existsSync(join(one.assemblyDir, 'manifest.json'))).toBe(true)
  })

  it('does not synthesize again while nothing has changed, whatever account and region are configured', async () => {
    process.env['CDK_DEFAULT_ACCOUNT'] = '123456789012'
    process.env['CDK_DEFAULT_REGION'] = 'eu-west-1'
    expect(await synthesizeTasks()).toEqual({ assemblyDir: first[0]!.assemblyDir, cached: true })
  })

  it('synthesizes again for other settings and for other tasks', async () => {
    process.env['JOBWIRE_RESULT_TTL'] = '2d'
    const longer = await synthesizeTasks()
    expect(longer).toMatchObject({ cached: false })
    expect(longer.assemblyDir).not.toBe(first[0]!.assemblyDir)
    const template = readFileSync(join(longer.assemblyDir, 'Jobwire.template.json'), 'utf8')
    expect(template).toContain('"RESULT_TTL_SECONDS": "172800"')

    delete process.env['JOBWIRE_RESULT_TTL']
    writeFileSync(tasksPath, 'export const tasks = { another: { run: () => 1 } }\n')
    const changed = await synthesizeTasks()
    expect(changed.cached).toBe(false)
    expect([first[0]!.assemblyDir, longer.assemblyDir]).not.toContain(changed.assemblyDir)
  })

  it('reports what is wrong with a setting, without the output of the app', async () => {
    process.env['JOBWIRE_MEMORY_MB'] = 'much'
    await expect(synthesizeTasks()).rejects.toThrow('The setting "memoryMb" is "much". It must be a whole number')
    delete process.env['JOBWIRE_MEMORY_MB']
    await expect(synthesize({ root: process.cwd(), outDir, tasksPath: 'none.ts' })).rejects.toThrow(
      'The setting "tasksPath" is "none.ts", and there is no such file.',
    )
  })
})
