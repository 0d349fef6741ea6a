import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { App } from 'aws-cdk-lib/core'
import { PlatformStack } from '../../bin/platform-stack.ts'
import { parseSettings } from '../../lib/settings.ts'
import type { SettingsInput } from '../../lib/settings-input.ts'
import { readTaskCatalog } from '../../lib/task-catalog.ts'
import { taskSource } from '../../lib/task-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'jobwire-tasks-'))
let modules = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function writeTasks(source: string): string {
  const path = join(folder, `tasks-${modules++}.ts`)
  writeFileSync(path, source)
  return path
}

function catalog(source: string, input: SettingsInput = {}) {
  return readTaskCatalog(taskSource(process.cwd(), parseSettings({ ...input, tasksPath: writeTasks(source) })), 3_000)
}

function problemOf(source: string): string {
  try {
    return JSON.stringify(catalog(source))
  } catch (error) {
    return String(error)
  }
}

const NONE = 'export const tasks = {}'

describe('what is wrong with the tasks module fails synthesis with a sentence', () => {
  it.each([
    [`throw new Error('no database');${NONE}`, 'The module threw when it was loaded: Error: no database'],
    [`void Promise.reject(new Error('forgotten'));${NONE}`, 'The module threw when it was loaded: Error: forgotten'],
    [`process.exit(3);${NONE}`, 'The module ended the process with code 3 when it was loaded'],
    [`process.exit(0);${NONE}`, 'The module ended the process with code 0 when it was loaded'],
    [`for (;;);${NONE}`, 'The module was not loaded within 3000 ms'],
    [`await Promise.resolve();${NONE}`, 'They cannot be bundled: '],
    [`import 'not-a-package';${NONE}`, 'Could not resolve "not-a-package"'],
    ['export const task = {}', 'It must export an object "tasks", of tasks by their names.'],
    ['export const tasks = { a: { run() {}, queue: "gpu" } }', 'The task "a" asks for the queue "gpu"'],
    ['export const tasks = { a: { run() {}, timeout: "10m" } }', 'gives a run 58 s at most'],
    ['export const tasks = { a: { run() {}, timeout: "soon" } }', '"timeout": "soon" is not a duration'],
  ])('%s', (source, sentence) => {
    const problem = problemOf(source)
    expect(problem).toMatch(/^SettingsError: The tasks in .*tasks-\d+\.ts cannot be deployed\. /)
    expect(problem).toContain(sentence)
  })
})

describe('the tasks module at synthesis', () => {
  it('names the line that threw', () => {
    expect(() => catalog(`\n\nfunction connect() { throw new Error('no database') }\nconnect()\n${NONE}`)).toThrow(
      /at connect \(.*tasks-\d+\.ts:3:\d+\)/,
    )
  })

  it('sees the variables of the setting "environment", and none of this machine', () => {
    process.env.JOBWIRE_TEST_SECRET = 'of this machine'
    const source = `
      if (!process.env.DATABASE_URL) throw new Error('DATABASE_URL is missing')
      export const tasks = { a: { run() {}, queue: process.env.JOBWIRE_TEST_SECRET } }`
    expect(() => catalog(source)).toThrow('DATABASE_URL is missing')
    expect(catalog(source, { environment: { DATABASE_URL: 'postgres://' } })).toMatchObject({ a: { queue: 'default' } })
    delete process.env.JOBWIRE_TEST_SECRET
  })

  it('may write whatever it likes to its output', () => {
    expect(catalog(`console.log('{}'); console.error('x');export const tasks = { a: { run() {} } }`)).toHaveProperty(
      'a',
    )
  })
})

const TASKS = `
  const marker = 'the-code-of-the-tasks'
  export const tasks = {
    plain: { run: () => marker },
    CHECKED
  }`
const SCHEMA = '{ "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } }'
const CHECKED = `checked: { run: () => marker, input: ${SCHEMA} },`

interface SynthesizedFunction {
  readonly description: string
  readonly properties: Record<string, any>
  /** The text of each file of its code, by name. */
  readonly files: Readonly<Record<string, string>>
}

function synthesizeFunctions(platform: SettingsInput) {
  process.env['CDK_VALIDATION'] = 'false'
  const outdir = mkdtempSync(join(folder, 'out-'))
  const app = new App({ outdir, analyticsReporting: false, treeMetadata: false })
  new PlatformStack(app, 'Jobwire', { platform })
  app.synth()
  const { Resources: resources } = JSON.parse(readFileSync(join(outdir, 'Jobwire.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string; Properties: Record<string, any> }>
  }
  const ofType = (type: string) => Object.values(resources).filter(({ Type }) => Type === type)
  const functions = ofType('AWS::Lambda::Function').map(({ Properties: properties }): SynthesizedFunction => {
    const asset = join(outdir, `asset.${properties['Code'].S3Key.replace('.zip', '')}`)
    const files = readdirSync(asset).map((file) => [file, readFileSync(join(asset, file), 'utf8')])
    return { description: properties['Description'], properties, files: Object.fromEntries(files) }
  })
  return { functions, layers: ofType('AWS::Lambda::LayerVersion').map(({ Properties }) => Properties) }
}

const REST = 'Answers the REST API.'
const SOCKET = 'Answers the WebSocket API.'
const SCHEDULED = 'Submits the jobs of schedules.'
const WORKER = 'Runs the jobs of the lane "default".'

/** Returns the files that have this text, by the function's description. */
function filesWith(functions: readonly SynthesizedFunction[], text: string): Record<string, string[]> {
  const found = functions.map(({ description, files }) => {
    return [description, Object.keys(files).filter((file) => files[file]!.includes(text))] as const
  })
  return Object.fromEntries(found.filter(([, files]) => files.length > 0))
}

describe('the functions that submit', () => {
  it('have the tasks as data, and none of their code', () => {
    const { functions } = synthesizeFunctions({ tasksPath: writeTasks(TASKS.replace('CHECKED', '')) })
    expect(filesWith(functions, 'the-code-of-the-tasks')).toEqual({ [WORKER]: ['index.js'] })
    for (const { description, files } of functions) {
      if (![REST, SOCKET, SCHEDULED].includes(description)) continue
      expect(Object.keys(files).sort()).toEqual(['index.js', 'tasks.json'])
      expect(JSON.parse(files['tasks.json']!)).toEqual({
        plain: { queue: 'default', priority: 'normal', checksInput: false },
      })
    }
  })

  it('have their code in a file apart, for a thread, if a task has a schema for its input', () => {
    const { functions } = synthesizeFunctions({ tasksPath: writeTasks(TASKS.replace('CHECKED', CHECKED)) })
    const apart = ['input-thread.cjs']
    expect(filesWith(functions, 'the-code-of-the-tasks')).toEqual({
      ...{ [WORKER]: ['index.js'], [REST]: apart, [SOCKET]: apart, [SCHEDULED]: apart },
    })
  })
})

describe('tasks with native code', () => {
  const layer = join(folder, 'layer')
  mkdirSync(join(layer, 'nodejs/node_modules'), { recursive: true })
  const packageFolder = join(folder, 'node_modules/native-thing')
  mkdirSync(packageFolder, { recursive: true })
  writeFileSync(join(packageFolder, 'thing.node'), '')
  const NATIVE = `import { name } from 'native-thing'
    export const tasks = { a: { run: () => name, CHECKED } }`

  it('are refused with advice while their package is not in "externalModules"', () => {
    writeFileSync(join(packageFolder, 'index.js'), "exports.name = require('./thing.node')")
    expect(() => catalog(NATIVE.replace('CHECKED', ''))).toThrow(
      /thing\.node[^]*Packages with native code belong in the setting "externalModules"/,
    )
  })

  it.each([
    ['the worker', '', [WORKER]],
    ['the functions that check inputs too', `input: ${SCHEMA}`, [REST, WORKER, SOCKET, SCHEDULED]],
  ])('leave the package outside, and give %s its layers and variables', (_what, checked, loaders) => {
    writeFileSync(join(packageFolder, 'index.js'), "exports.name = 'the inside of a native thing'")
    const { functions, layers } = synthesizeFunctions({
      tasksPath: writeTasks(NATIVE.replace('CHECKED', checked)),
      externalModules: ['native-thing'],
      layers: [layer, 'arn:aws:lambda:eu-west-1:123456789012:layer:thing:7'],
      environment: { THING: 'on' },
    })
    expect(layers).toMatchObject([{ CompatibleArchitectures: ['arm64'] }])
    const withLayers = functions.filter(({ properties }) => properties['Layers'] !== undefined)
    expect(withLayers.map(({ description }) => description).sort()).toEqual(loaders.toSorted())
    for (const { properties } of withLayers) {
      expect(properties).toMatchObject({
        Layers: [{ Ref: expect.stringMatching(/Layer/) }, 'arn:aws:lambda:eu-west-1:123456789012:layer:thing:7'],
        Environment: { Variables: { THING: 'on' } },
      })
    }
    const withVariable = functions.filter(({ properties }) => properties['Environment'].Variables.THING !== undefined)
    expect(withVariable).toEqual(withLayers)
    expect(Object.keys(filesWith(functions, 'require("native-thing")')).sort()).toEqual(loaders.toSorted())
    expect(filesWith(functions, 'the inside of a native thing')).toEqual({})
  })

  it('need a folder with packages for a layer', () => {
    expect(() => synthesizeFunctions({ layers: [join(folder, 'none')] })).toThrow(
      /^The setting "layers" names ".*none", and that folder has no "nodejs\/node_modules"/,
    )
  })
})
