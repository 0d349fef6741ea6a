import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

interface Diagnostic {
  readonly code: string
  readonly severity: string
  readonly filename: string
  readonly message: string
  readonly help?: string
}

/** A file of each layer, what it may import and what not: the table of the design. */
const LAYERS: readonly [file: string, allowed: readonly string[], forbidden: readonly string[]][] = [
  ['protocol/probe.ts', ['./id.ts', 'valibot'], ['node:fs', '../lib/settings.ts', 'ws']],
  [
    'lambdas/domain/probe.ts',
    ['./job.ts', '../../protocol/job.ts'],
    ['../aws/pusher.ts', '../environment.ts', 'node:crypto', '@aws-sdk/client-sqs', 'jobwire-tasks'],
  ],
  [
    'lambdas/aws/probe.ts',
    ['./pusher.ts', '../domain/job.ts', '../../protocol/job.ts', '@aws-sdk/client-sqs'],
    ['../handlers/rest.ts', '../entry/rest.ts', '../../lib/settings.ts', 'jobwire-tasks'],
  ],
  [
    'lambdas/web/probe.ts',
    ['./post-webhook.ts', '../domain/job.ts', '../../protocol/job.ts', 'node:https'],
    ['../aws/pusher.ts', '../handlers/rest.ts', '@aws-sdk/client-sqs', 'ws'],
  ],
  [
    'lambdas/handlers/probe.ts',
    ['./rest.ts', '../domain/job.ts', '../../protocol/job.ts', 'aws-lambda'],
    ['../aws/pusher.ts', '@aws-sdk/client-sqs'],
  ],
  [
    'lambdas/entry/probe.ts',
    ['./rest.ts', '../aws/pusher.ts', '../environment.ts', 'jobwire-tasks'],
    ['../../tasks/index.ts', '../../lib/settings.ts', '../../local/cloud.ts'],
  ],
  [
    'lib/probe.ts',
    ['./constructs/tables.ts', '../lambdas/environment.ts', 'aws-cdk-lib/core', 'constructs', 'node:fs'],
    ['../lambdas/domain/job.ts', '../lambdas/entry/rest.ts', '../local/cloud.ts', '../tasks/index.ts', 'ws'],
  ],
  [
    'lib/constructs/probe.ts',
    ['../settings.ts', '../../lambdas/environment.ts', '../../protocol/errors.ts'],
    ['../../lambdas/aws/pusher.ts', '../../local/cloud.ts', '@aws-sdk/client-sqs'],
  ],
  [
    'local/probe.ts',
    ['./services/service.ts', 'node:fs', 'ws'],
    ['../lib/settings.ts', '../lambdas/environment.ts', '../protocol/job.ts', '@aws-sdk/client-sqs'],
  ],
  ['local/services/sqs/probe.ts', ['../../wire/call.ts', '../service.ts'], ['../../../protocol/job.ts']],
  [
    'sdk/src/probe.ts',
    ['./connect.ts', '../../protocol/job.ts'],
    ['../../lambdas/domain/job.ts', 'node:fs', 'valibot'],
  ],
  [
    'sdk/src/memory-probe.ts',
    ['./connect.ts', '../../protocol/job.ts', '../../lambdas/domain/job.ts', '../../lambdas/handlers/rest-router.ts'],
    ['../../lambdas/aws/pusher.ts', '../../lambdas/entry/rest.ts', '../../local/cloud.ts', 'node:fs', 'ws'],
  ],
  [
    'tasks/probe.ts',
    ['./primes.ts', '@jobwire/sdk/task', 'node:crypto'],
    ['../protocol/task.ts', '../lib/settings.ts'],
  ],
]

describe('the linter, with the configuration of this repository', () => {
  const project = mkdtempSync(join(tmpdir(), 'jobwire-lint-'))
  let diagnostics: readonly Diagnostic[]

  const errorsIn = (file: string): Diagnostic[] =>
    diagnostics.filter(({ filename, severity }) => filename.endsWith(file) && severity === 'error')
  const rulesBrokenIn = (file: string): string[] =>
    errorsIn(file)
      .map(({ code }) => code)
      .sort()

  beforeAll(() => {
    // The configuration's folders are relative to it: so the fixture gets a copy, as if it were the repository.
    cpSync('test/fixtures/layer-violation', project, { recursive: true })
    copyFileSync('.oxlintrc.json', join(project, '.oxlintrc.json'))
    for (const [file, allowed, forbidden] of LAYERS) {
      mkdirSync(join(project, dirname(file)), { recursive: true })
      writeFileSync(join(project, file), [...allowed, ...forbidden].map((name) => `import '${name}'\n`).join(''))
    }
    const { stdout } = spawnSync(
      process.execPath,
      [resolve('node_modules/oxlint/bin/oxlint'), '--type-aware', '--format', 'json'],
      { cwd: project, encoding: 'utf8' },
    )
    diagnostics = (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
  })

  afterAll(() => rmSync(project, { recursive: true, force: true }))

  it('refuses what a layer may not import, and says what it may', () => {
    const file = 'protocol/reads-a-table.ts'
    expect(rulesBrokenIn(file)).toEqual(['eslint(no-restricted-imports)', 'eslint(no-restricted-imports)'])
    const [{ message, help }] = errorsIn(file) as [Diagnostic]
    expect(`${message} ${help}`).toContain('protocol may import its own files')
  })

  it.each(LAYERS)('knows the imports of %s', (file, _allowed, forbidden) => {
    const refused = errorsIn(file)
      .filter(({ code }) => code === 'eslint(no-restricted-imports)')
      .map(({ message }) => /'(.+?)'/.exec(message)?.[1] ?? message)
    expect(refused.sort()).toEqual([...forbidden].sort())
  })

  it('refuses files that import each other', () => {
    expect(rulesBrokenIn('domain/first.ts')).toEqual(['import(no-cycle)'])
    expect(rulesBrokenIn('domain/second.ts')).toEqual(['import(no-cycle)'])
  })

  it('refuses promises that nobody waits for, and names that nothing uses', () => {
    expect(rulesBrokenIn('domain/forgets.ts')).toEqual([
      'eslint(no-unused-vars)',
      'eslint(no-unused-vars)',
      'typescript(no-floating-promises)',
      'typescript(no-misused-promises)',
    ])
  })
})
