import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire } from '@jobwire/sdk'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployStack, type DeployedStack, synthesizeWith } from '../support/deployed-stack.ts'

type Tasks = {
  readonly version: { run(): string }
  readonly waits: { run(input: { file: string }): Promise<string> }
}

/** Writes a module of tasks. `waits` tells by one file that it runs, and returns once there is another. */
function writeTasks(path: string, version: string): void {
  writeFileSync(
    path,
    `import { existsSync, writeFileSync } from 'node:fs'
     export const tasks = {
       version: { run: () => '${version}' },
       waits: {
         run: async ({ file }: { file: string }) => {
           writeFileSync(file + '.started', '')
           while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10))
           return '${version}'
         },
       },
     }`,
  )
}

describe('the platform, updated under a connected client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jobwire-update-'))
  const tasksPath = join(folder, 'tasks.ts')
  let stack: DeployedStack
  let jobs: Jobwire<Tasks>

  beforeAll(async () => {
    writeTasks(tasksPath, 'old')
    stack = await deployStack(await synthesizeWith({ tasksPath }))
    jobs = await connect<Tasks>({ url: stack.restUrl, token: await stack.token('updates', 3_600) })
  }, 60_000)
  afterAll(async () => {
    await jobs.close()
    await stack.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('runs new tasks at once, and a job under way finishes with the old ones', async () => {
    let cuts = 0
    jobs.on('offline', () => cuts++)
    const file = join(folder, 'go')
    const underWay = await jobs.submit('waits', { file })
    while (!existsSync(`${file}.started`)) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await jobs.run('version')).toBe('old')

    writeTasks(tasksPath, 'new')
    const assemblyDir = await synthesizeWith({ tasksPath })
    const { created, replaced, removed, updated } = await stack.cloud.update(assemblyDir)
    expect({ created, replaced, removed }).toEqual({ created: [], replaced: [], removed: [] })
    expect(updated).not.toEqual([])

    expect(await jobs.run('version')).toBe('new')
    writeFileSync(file, '')
    expect(await underWay.result()).toBe('old')
    expect(cuts).toBe(0)
  }, 60_000)

  it('makes the queues and functions of a new lane, and takes them away again', async () => {
    const wider = await synthesizeWith({ tasksPath, lanes: { default: {}, heavy: { memoryMb: 512 } } })
    const { created } = await stack.cloud.update(wider)
    expect(created.some((name) => /heavy/i.test(name))).toBe(true)
    expect(await jobs.run('version')).toBe('new')
    const { removed } = await stack.cloud.update(await synthesizeWith({ tasksPath }))
    expect([...removed].sort()).toEqual([...created].sort())
    expect(await jobs.run('version')).toBe('new')
  }, 90_000)
})
