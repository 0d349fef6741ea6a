import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { App, CfnOutput, Stack } from 'aws-cdk-lib/core'
import { Template } from 'aws-cdk-lib/assertions'
import { JobPlatform } from '../../lib/job-platform.ts'

const folder = mkdtempSync(join(tmpdir(), 'jobwire-app-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('this repository as an app', () => {
  it('synthesizes without warnings, checked against the rules of CloudFormation', () => {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }
    // This flag turns findings into errors.
    expect(context['@aws-cdk/core:validateAgainstDefaultRules']).toBe(true)
    const outdir = join(folder, 'cdk.out')
    const { CDK_VALIDATION: _off, ...environment } = process.env
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/run.mjs', 'bin/app.ts'], {
      encoding: 'utf8',
      env: { ...environment, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) },
    })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(existsSync(join(outdir, 'Jobwire.template.json'))).toBe(true)
  })
})

describe('JobPlatform in another app', () => {
  const tasksPath = join(folder, 'their-tasks/tasks.ts')
  let template: Template
  let code: string[]

  beforeAll(() => {
    mkdirSync(join(folder, 'their-tasks'))
    writeFileSync(join(folder, 'their-tasks/greeting.ts'), `export const greeting = 'greetings from their tasks'\n`)
    writeFileSync(
      tasksPath,
      `import { defineTask } from '@jobwire/sdk/task'\n` +
        `import { greeting } from './greeting.ts'\n` +
        `export const tasks = { greet: defineTask({ run: () => greeting }) }\n`,
    )
    process.env['CDK_VALIDATION'] = 'false'
    const outdir = join(folder, 'other.out')
    const stack = new Stack(new App({ outdir, analyticsReporting: false }), 'Theirs')
    const jobs = new JobPlatform(stack, 'Jobs', { tasksPath, lanes: { default: {} } })
    new CfnOutput(stack, 'JobsUrl', { value: jobs.socketUrl })
    expect(Object.keys(jobs.workers)).toEqual(['default'])
    template = Template.fromStack(stack)
    code = readdirSync(outdir)
      .filter((name) => name.startsWith('asset.'))
      .map((name) => readFileSync(join(outdir, name, 'index.js'), 'utf8'))
  })

  it('runs that app’s tasks', () => {
    expect(code).toHaveLength(7)
    // The worker runs them. All others know them as data.
    expect(code.filter((text) => text.includes('greetings from their tasks')).length).toBe(1)
    template.hasOutput('JobsUrl', {})
    template.resourceCountIs('AWS::SQS::Queue', 11)
  })

  it('carries the AWS SDK in bundles that are minified', () => {
    for (const text of code) {
      const required = [...text.matchAll(/[=,;(]require\("([^"]+)"\)/g)].map(([, name]) => name!)
      expect(required).toContain('node:https')
      expect(required.filter((name) => !name.startsWith('node:'))).toEqual([])
      // A bundle that is not minified has thousands of lines.
      expect(text.split('\n').length).toBeLessThan(200)
    }
  })

  it('leaves no bundle behind where the tasks cannot be bundled', () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`jobwire-functions-${process.pid}-`))
    const before = left()
    writeFileSync(join(folder, 'broken.ts'), 'export const tasks = {')
    const stack = new Stack(new App({ outdir: join(folder, 'broken.out') }), 'Broken')
    expect(() => new JobPlatform(stack, 'Jobs', { tasksPath: join(folder, 'broken.ts') })).toThrow(/broken\.ts:1/)
    expect(left()).toEqual(before)
  })

  it('says which path is wrong', () => {
    const stack = new Stack(new App({ outdir: join(folder, 'wrong.out') }), 'Wrong')
    expect(() => new JobPlatform(stack, 'A', { tasksPath: 'no/such/tasks.ts' })).toThrow(
      'The setting "tasksPath" is "no/such/tasks.ts", and there is no such file.',
    )
    expect(() => new JobPlatform(stack, 'B', { sourceRoot: folder })).toThrow('prop "sourceRoot"')
  })
})
