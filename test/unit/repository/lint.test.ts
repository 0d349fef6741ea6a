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

/** A file of each layer, what it may import and what not: section 2 of docs/design.md. */
const LAYERS: readonly [file: string, allowed: readonly string[], forbidden: readonly string[]][] = [
  ['protocol/job/probe.ts', ['./id.ts', '../kit/errors.ts', 'valibot'], ['node:fs', '../../lib/settings.ts', 'ws']],
  [
    'lambdas/domain/run/probe.ts',
    ['./run-job.ts', '../job/job-state.ts', '../../../protocol/job/job.ts', '../../../calendar/cron.ts'],
    ['../../aws/job/results-table.ts', '../../environment.ts', 'node:crypto', '@aws-sdk/client-sqs', 'jobwire-tasks'],
  ],
  [
    'lambdas/aws/job/probe.ts',
    [
      './result-item.ts',
      '../../domain/job/job-state.ts',
      '../../tables.ts',
      '../../../protocol/job/job.ts',
      '@aws-sdk/client-sqs',
    ],
    ['../../handlers/rest/rest.ts', '../../entry/rest.ts', '../../../lib/settings.ts', 'jobwire-tasks'],
  ],
  [
    'lambdas/web/probe.ts',
    ['./post-webhook.ts', '../domain/webhooks/post-webhook.ts', '../../protocol/job/job.ts', 'node:https'],
    ['../aws/job/results-table.ts', '../handlers/rest/rest.ts', '@aws-sdk/client-sqs', 'ws'],
  ],
  [
    'lambdas/handlers/rest/probe.ts',
    ['./rest.ts', '../kit/rest-answer.ts', '../../domain/job/job-state.ts', 'aws-lambda'],
    ['../../aws/job/results-table.ts', '@aws-sdk/client-sqs'],
  ],
  [
    'lambdas/entry/probe.ts',
    ['./rest.ts', '../aws/job/results-table.ts', '../environment.ts', 'jobwire-tasks'],
    ['../../tasks/index.ts', '../../lib/settings.ts', '../../local/cloud.ts'],
  ],
  [
    'lib/probe.ts',
    ['./constructs/tables.ts', '../lambdas/environment.ts', 'aws-cdk-lib/core', 'constructs', 'node:fs'],
    ['../lambdas/domain/job/job-state.ts', '../lambdas/entry/rest.ts', '../local/cloud.ts', '../tasks/index.ts', 'ws'],
  ],
  [
    'lib/constructs/probe.ts',
    ['../settings.ts', '../../lambdas/environment.ts', '../../lambdas/tables.ts', '../../protocol/kit/errors.ts'],
    ['../../lambdas/aws/job/results-table.ts', '../../local/cloud.ts', '@aws-sdk/client-sqs'],
  ],
  [
    'local/probe.ts',
    ['./services/service.ts', '../calendar/cron.ts', 'node:fs', 'ws'],
    ['../lib/settings.ts', '../lambdas/environment.ts', '../protocol/job/job.ts', '@aws-sdk/client-sqs'],
  ],
  ['local/services/sqs/probe.ts', ['../../wire/call.ts', '../service.ts'], ['../../../protocol/job/job.ts']],
  [
    'sdk/src/calls/probe.ts',
    ['../client/client.ts', '../../../protocol/job/job.ts'],
    ['../../../lambdas/domain/job/job-state.ts', 'node:fs', 'valibot'],
  ],
  [
    'sdk/src/testing/probe.ts',
    [
      '../api/types.ts',
      '../../../protocol/job/job.ts',
      '../../../lambdas/domain/job/job-state.ts',
      '../../../lambdas/handlers/kit/rest-router.ts',
    ],
    [
      '../../../lambdas/aws/job/results-table.ts',
      '../../../lambdas/entry/rest.ts',
      '../../../local/cloud.ts',
      'node:fs',
      'ws',
    ],
  ],
  [
    'tasks/probe.ts',
    ['./primes.ts', '@jobwire/sdk/task', 'node:crypto'],
    ['../protocol/job/task.ts', '../lib/settings.ts'],
  ],
]

/** A file in a room, a lower room that it may import and a higher one that it may not. */
const ROOMS: readonly [file: string, below: string, above: string][] = [
  ['protocol/job/above.ts', '../kit/errors.ts', '../wire/frames.ts'],
  ['lambdas/domain/record/above.ts', '../job/job-state.ts', '../run/run-batch.ts'],
  ['lambdas/aws/job/above.ts', '../kit/item.ts', '../list/query-jobs.ts'],
  ['lambdas/handlers/batch/above.ts', '../kit/rest-answer.ts', '../run/worker.ts'],
  ['sdk/src/wire/above.ts', '../api/types.ts', '../client/client.ts'],
  ['sdk/src/client/above.ts', '../wire/link.ts', '../connect.ts'],
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
    // The folders in the configuration are relative to it, so the fixture gets its own copy.
    cpSync('test/fixtures/layer-violation', project, { recursive: true })
    copyFileSync('.oxlintrc.json', join(project, '.oxlintrc.json'))
    cpSync('scripts/lint', join(project, 'scripts/lint'), { recursive: true })
    const write = (file: string, lines: readonly string[]): void => {
      mkdirSync(join(project, dirname(file)), { recursive: true })
      writeFileSync(join(project, file), lines.map((line) => `${line}\n`).join(''))
    }
    for (const [file, allowed, forbidden] of LAYERS) {
      write(
        file,
        [...allowed, ...forbidden].map((name) => `import '${name}'`),
      )
    }
    for (const [file, below, above] of ROOMS) {
      write(file, [
        `import '${below}'`,
        `import '${above}'`,
        `export type { Above } from '${above}'`,
        `export const late = () => import('${above}')`,
        `export type Late = import('${above}').Above`,
      ])
    }
    const { stdout } = spawnSync(
      process.execPath,
      [resolve('node_modules/oxlint/bin/oxlint'), '--type-aware', '--format', 'json'],
      { cwd: project, encoding: 'utf8' },
    )
    diagnostics = (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
  })

  afterAll(() => rmSync(project, { recursive: true, force: true }))

  it('refuses an import that a layer may not make, and names those that it may make', () => {
    const file = 'protocol/reads-a-table.ts'
    expect(rulesBrokenIn(file)).toEqual(['jobwire(imports)', 'jobwire(imports)'])
    const [{ message, help }] = errorsIn(file) as [Diagnostic]
    expect(`${message} ${help}`).toContain('protocol may import its own files')
  })

  it.each(LAYERS)('allows and refuses the imports of %s', (file, _allowed, forbidden) => {
    const refused = errorsIn(file)
      .filter(({ code }) => code === 'jobwire(imports)')
      .map(({ message }) => /'(.+?)'/.exec(message)?.[1] ?? message)
    expect(refused.sort()).toEqual([...forbidden].sort())
  })

  it.each(ROOMS)(
    'lets %s import the rooms below it and none above, not even late or for a type',
    (file, below, above) => {
      const refused = errorsIn(file).filter(({ code }) => code === 'jobwire(imports)')
      expect(refused.map(({ message }) => message.split(':')[0])).toEqual(Array(4).fill(`'${above}'`))
      expect(refused[0]!.message).not.toContain(below)
    },
  )

  it('refuses files that import each other, even for types only', () => {
    expect(rulesBrokenIn('domain/job/one-type.ts')).toEqual(['import(no-cycle)'])
    expect(rulesBrokenIn('domain/job/other-type.ts')).toEqual(['import(no-cycle)'])
  })

  it('refuses files that import each other', () => {
    expect(rulesBrokenIn('domain/job/first.ts')).toEqual(['import(no-cycle)'])
    expect(rulesBrokenIn('domain/job/second.ts')).toEqual(['import(no-cycle)'])
  })

  it('refuses promises that nobody awaits, and unused names', () => {
    expect(rulesBrokenIn('domain/job/forgets.ts')).toEqual([
      'eslint(no-unused-vars)',
      'eslint(no-unused-vars)',
      'typescript(no-floating-promises)',
      'typescript(no-misused-promises)',
    ])
  })
})
