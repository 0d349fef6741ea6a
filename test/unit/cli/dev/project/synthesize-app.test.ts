import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { findCdkApp } from '../../../../../cli/dev/project/cdk-app.ts'
import { synthesizeApp, SynthesisStopped } from '../../../../../cli/dev/project/synthesize-app.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobwire-synthesize-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, value: unknown): void {
  writeFileSync(join(folder, path), typeof value === 'string' ? value : JSON.stringify(value))
}

function start(variables: Record<string, string> = {}) {
  const outDir = join(folder, '.jobwire/assembly')
  return synthesizeApp(findCdkApp(folder), { outDir, compileCache: join(folder, '.jobwire/cache'), variables })
}

/** An app that writes its environment where the CDK would write an assembly. */
const SPY = `const { writeFileSync } = require('node:fs')
const { CONTEXT_OVERFLOW_LOCATION_ENV: file, CDK_CONTEXT_JSON } = process.env
const context = file ? JSON.parse(require('node:fs').readFileSync(file)) : JSON.parse(CDK_CONTEXT_JSON)
writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', JSON.stringify({ ...process.env, context }))
`

async function readSpy(): Promise<Record<string, any>> {
  write('spy.js', SPY)
  return JSON.parse(readFileSync(join(await start({ EXTRA: '1' }).done, 'manifest.json'), 'utf8')) as Record<
    string,
    any
  >
}

describe('the synthesis of an app', () => {
  it('gives it what `cdk synth` gives it, with a place that is no account of anybody', async () => {
    write('cdk.json', { app: 'node spy.js', context: { stage: 'dev', both: 'cdk.json' } })
    write('cdk.context.json', { looked: 'up', both: 'cdk.context.json' })
    const seen = await readSpy()
    expect(seen['context']).toMatchObject({ stage: 'dev', looked: 'up', both: 'cdk.json' })
    expect(seen).toMatchObject({ CDK_DEFAULT_ACCOUNT: '000000000000', CDK_DEFAULT_REGION: 'us-east-1', EXTRA: '1' })
    expect(existsSync(join(folder, 'cdk.out'))).toBe(false)
  })

  it('passes on a context that is too large for a variable', async () => {
    write('cdk.json', { app: 'node spy.js', context: { large: 'x'.repeat(200_000) } })
    expect((await readSpy())['context'].large).toHaveLength(200_000)
  })

  it('finds the programs of its packages, also of those in a folder above, before others', async () => {
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    mkdirSync(join(folder, 'packages/infra'), { recursive: true })
    const program = join(folder, 'node_modules/.bin/synthesizer')
    writeFileSync(program, `#!/bin/sh\necho {} > "$CDK_OUTDIR/manifest.json"\n`, { mode: 0o755 })
    write('packages/infra/cdk.json', { app: 'synthesizer bin/app.ts' })
    const outDir = join(folder, '.jobwire/assembly')
    const app = findCdkApp(join(folder, 'packages/infra'))
    const synthesis = synthesizeApp(app, { outDir, compileCache: join(folder, '.jobwire/cache'), variables: {} })
    expect(await synthesis.done).toBe(outDir)
  })

  it('runs a bare script, a build before it, and takes an assembly that is there', async () => {
    write('cdk.json', { app: 'spy.js', build: "node -e \"require('fs').writeFileSync('built', '')\"" })
    await readSpy()
    expect(existsSync(join(folder, 'built'))).toBe(true)
    mkdirSync(join(folder, 'ready'))
    write('cdk.json', { app: 'ready' })
    expect(await start().done).toBe(join(folder, 'ready'))
  })

  it("has the app's own words in its error, without frames of packages", async () => {
    write('cdk.json', { app: 'node app.js' })
    write('app.js', "throw new Error('The stack needs a name.')\n")
    const error = (await start().done.catch((thrown: unknown) => thrown)) as Error
    expect(error.message).toContain('The CDK app cannot be synthesized (node app.js)')
    expect(error.message).toContain('Error: The stack needs a name.')
    expect(error.message).toMatch(/at .*app\.js:1/)
    expect(error.message).not.toMatch(/node:internal/)
  })

  it('leaves out the line of a package that threw', async () => {
    write('cdk.json', { app: 'node app.js' })
    mkdirSync(join(folder, 'node_modules/dep'), { recursive: true })
    write('node_modules/dep/index.js', "module.exports = () => { throw new Error('Wrong setting.') }")
    write('app.js', "require('dep')()\n")
    const error = (await start().done.catch((thrown: unknown) => thrown)) as Error
    expect(error.message).toContain('Error: Wrong setting.\n    at Object.<anonymous>')
    expect(error.message).not.toContain('module.exports')
  })

  it('says so if the command writes no assembly', async () => {
    write('cdk.json', { app: 'node -e 1' })
    await expect(start().done).rejects.toThrow('The command "node -e 1" of cdk.json wrote no assembly.')
  })

  it('ends with all that it started when it is stopped', async () => {
    write('cdk.json', { app: 'node wait.js && echo after' })
    write('wait.js', "require('node:fs').writeFileSync('started', ''); setInterval(() => {}, 1000)")
    const synthesis = start()
    while (!existsSync(join(folder, 'started'))) await new Promise((resolve) => setTimeout(resolve, 20))
    synthesis.stop()
    await expect(synthesis.done).rejects.toThrow(SynthesisStopped)
  })

  it.each([
    ['{', /cdk\.json is not valid JSON/],
    ['{}', /has no "app"/],
  ])('refuses the cdk.json %s', (text, message) => {
    write('cdk.json', text)
    expect(() => findCdkApp(folder)).toThrow(message)
  })

  it('finds the app from a folder inside of it, and says so if there is none', () => {
    write('cdk.json', { app: 'x' })
    mkdirSync(join(folder, 'lib/deep'), { recursive: true })
    expect(findCdkApp(join(folder, 'lib/deep')).folder).toBe(folder)
    rmSync(join(folder, 'cdk.json'))
    expect(() => findCdkApp(folder)).toThrow('There is no cdk.json in')
  })
})
