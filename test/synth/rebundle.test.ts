import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { App, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { FunctionEntry } from '../../lib/function-files.ts'
import { FUNCTION_METADATA, type FunctionSource } from '../../lib/function-source.ts'
import { JobPlatform, type JobPlatformProps } from '../../lib/job-platform.ts'
import { createRebundler, type Rebundler } from '../../lib/rebundle-functions.ts'
import { parseSettings } from '../../lib/settings.ts'
import { taskSource } from '../../lib/task-source.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'jobwire-rebundle-')))
const rebundlers: Rebundler[] = []
afterAll(async () => {
  for (const rebundler of rebundlers) await rebundler.dispose()
  rmSync(folder, { recursive: true, force: true })
})

const KNOWING: readonly FunctionEntry[] = ['worker', 'rest', 'socket', 'scheduled']
let projects = 0

function writeProject(tasks: string) {
  const project = mkdtempSync(join(folder, `project${projects++}-`))
  const tasksPath = join(project, 'tasks.ts')
  writeFileSync(join(project, 'greeting.ts'), "export const greeting = 'first greeting'")
  writeFileSync(tasksPath, tasks)
  const source = taskSource(process.cwd(), parseSettings({ tasksPath }))
  const rebundler = createRebundler(source, KNOWING, join(project, 'code'))
  rebundlers.push(rebundler)
  return { project, tasksPath, rebundler }
}

const TASKS = `import { greeting } from './greeting.ts'
export const tasks = { greet: { run: () => greeting } }`

describe('functions that are bundled again', () => {
  it('are all there at first, with maps to the sources, and say what they are made of', async () => {
    const { project, tasksPath, rebundler } = writeProject(TASKS)
    const { folders, catalog, taskFiles } = await rebundler.rebundle()
    expect(Object.keys(folders).sort()).toEqual([...KNOWING].sort())
    expect(Object.keys(catalog)).toEqual(['greet'])
    expect([...taskFiles].sort()).toEqual([join(project, 'greeting.ts'), tasksPath])
    expect(readdirSync(folders.worker!).sort()).toEqual(['hold-thread.js', 'index.js', 'index.js.map'])
    expect(JSON.parse(readFileSync(join(folders.rest!, 'tasks.json'), 'utf8'))).toEqual(catalog)
    const { sources } = JSON.parse(readFileSync(join(folders.worker!, 'index.js.map'), 'utf8')) as { sources: string[] }
    expect(sources.map((source) => join(folders.worker!, source))).toContain(tasksPath)
  })

  it('are only those whose code has changed', async () => {
    const { project, tasksPath, rebundler } = writeProject(TASKS)
    await rebundler.rebundle()
    writeFileSync(join(project, 'greeting.ts'), "export const greeting = 'second greeting'")
    const { folders } = await rebundler.rebundle()
    expect(Object.keys(folders)).toEqual(['worker'])
    expect(readFileSync(join(folders.worker!, 'index.js'), 'utf8')).toContain('second greeting')
    writeFileSync(tasksPath, TASKS.replace('greet:', 'welcome:'))
    expect(Object.keys((await rebundler.rebundle()).folders).sort()).toEqual([...KNOWING].sort())
  })

  it('get a file for the schemas of inputs as soon as a task has one', async () => {
    const { tasksPath, rebundler } = writeProject(TASKS)
    await rebundler.rebundle()
    const schema = '{ "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } }'
    writeFileSync(tasksPath, TASKS.replace('greeting } }', `greeting, input: ${schema} } }`))
    const { folders } = await rebundler.rebundle()
    expect(existsSync(join(folders.rest!, 'input-thread.cjs'))).toBe(true)
  })

  it('stay as they are while the tasks are wrong, and come with the next change', async () => {
    const { tasksPath, rebundler } = writeProject(TASKS)
    await rebundler.rebundle()
    writeFileSync(tasksPath, 'export const tasks = {')
    const broken = await rebundler.rebundle().catch(String)
    expect(broken).toMatch(/tasks\.ts cannot be deployed\. They cannot be bundled/)
    expect(broken).not.toContain('native code')
    writeFileSync(tasksPath, "throw new Error('no database')")
    await expect(rebundler.rebundle()).rejects.toThrow('Error: no database')
    writeFileSync(tasksPath, TASKS.replace('greeting } }', '`${greeting}!` } }'))
    expect(Object.keys((await rebundler.rebundle()).folders)).toEqual(['worker'])
  })

  it('leave only the newest versions and those that are in use, and nothing at the end', async () => {
    const { project, rebundler } = writeProject(TASKS)
    const { folders } = await rebundler.rebundle()
    for (let version = 2; version <= 8; version++) {
      writeFileSync(join(project, 'greeting.ts'), `export const greeting = 'greeting ${version}'`)
      await rebundler.rebundle()
    }
    const kept = ['1', '4', '5', '6', '7', '8', 'catalog', 'ready']
    expect(readdirSync(join(project, 'code')).sort()).toEqual(kept)
    // Nothing that this function is made of has changed since.
    expect(existsSync(join(folders.rest!, 'index.js'))).toBe(true)
    await rebundler.dispose()
    expect(existsSync(join(project, 'code'))).toBe(false)
  })
})

type Metadata = Record<string, { type: string; data: unknown }[]>

function synthesizeIn(name: string, construct: (stack: Stack) => void) {
  process.env['CDK_VALIDATION'] = 'false'
  const outdir = join(folder, name)
  const app = new App({ outdir, analyticsReporting: false, treeMetadata: false })
  construct(new Stack(app, 'Theirs'))
  app.synth()
  const read = (file: string) => JSON.parse(readFileSync(join(outdir, file), 'utf8')) as unknown
  const template = readFileSync(join(outdir, 'Theirs.template.json'), 'utf8')
  // The manifest names this file. Older versions of the CDK have the metadata in the manifest itself.
  return { metadata: read('Theirs.metadata.json') as Metadata, template }
}

describe('JobPlatform in a stack', () => {
  const tasksPath = join(folder, 'tasks.ts')
  writeFileSync(tasksPath, 'export const tasks = { greet: { run() {} } }')
  const props: JobPlatformProps = { tasksPath, lanes: { default: {}, video: {} } }

  it('notes beside the manifest, and not in the template, how to bundle its functions again', () => {
    const { metadata, template } = synthesizeIn('noted', (stack) => new JobPlatform(stack, 'Jobs', props))
    const noted = Object.entries(metadata).flatMap(([path, entries]) => {
      const source = entries.find(({ type }) => type === FUNCTION_METADATA)?.data as FunctionSource | undefined
      expect(source === undefined || entries.some(({ type }) => type === 'aws:cdk:logicalId')).toBe(true)
      return source === undefined ? [] : [{ path, source }]
    })
    expect(Object.fromEntries(noted.map(({ path, source }) => [path, source.entry]))).toEqual({
      '/Theirs/Jobs/Lane-default/Worker/Resource': 'worker',
      '/Theirs/Jobs/Lane-video/Worker/Resource': 'worker',
      '/Theirs/Jobs/RestFunction/Resource': 'rest',
      '/Theirs/Jobs/Scheduled/Resource': 'scheduled',
      '/Theirs/Jobs/SocketFunction/Resource': 'socket',
    })
    const { entry: _entry, ...source } = noted[0]!.source
    expect(source).toEqual(taskSource(process.cwd(), parseSettings(props)))
    expect(template).not.toContain(folder)
  })

  it('has outputs with its own id', () => {
    const { template } = synthesizeIn('outputs', (stack) => {
      new JobPlatform(stack, 'Jobs', props)
      new JobPlatform(new Construct(stack, 'back-end'), 'Jobs', { ...props, namePrefix: 'Other' })
    })
    const { Outputs: outputs } = JSON.parse(template) as { Outputs: Record<string, unknown> }
    expect(Object.keys(outputs).filter((name) => /Url$|Arn$/.test(name))).toEqual([
      'JobsRestUrl',
      'JobsSocketUrl',
      'JobsTokenSecretArn',
      'backendJobsRestUrl',
      'backendJobsSocketUrl',
      'backendJobsTokenSecretArn',
    ])
  })
})
