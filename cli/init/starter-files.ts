/** The text of each file of a new app, by its path. */
export type StarterFiles = Readonly<Record<string, string>>

/** The tasks that every project begins with. */
export const TASKS = `import { defineTask } from '@jobwire/sdk/task'

/** The tasks of this app. Each runs in Lambda, from a queue, and its result is pushed to whoever asked for it. */
export const tasks = {
  greet: defineTask({
    run: (input: { name: string }) => \`Hello, \${input.name}!\`,
    timeout: '10s',
  }),
}
`

/** The runners of tests for which there is a test. */
export type TestRunner = 'jest' | 'vitest' | 'node'

/** Makes a test that runs the tasks without a deployment. */
export function tasksTest(runner: TestRunner, tasksImport: string): string {
  const imports = {
    // Jest has `test` and `expect` as globals, with types in @types/jest.
    jest: '',
    vitest: "import { expect, test } from 'vitest'\n",
    node: "import { equal } from 'node:assert/strict'\nimport { test } from 'node:test'\n",
  }[runner]
  const assertion =
    runner === 'node'
      ? "equal(await jobs.run('greet', { name: 'Ada' }), 'Hello, Ada!')"
      : "expect(await jobs.run('greet', { name: 'Ada' })).toBe('Hello, Ada!')"
  return `${imports}import { createTestClient } from '@jobwire/sdk/testing'
import { tasks } from '${tasksImport}'

test('greet', async () => {
  const jobs = createTestClient({ tasks })
  ${assertion}
  await jobs.close()
})
`
}

/** Makes the files of an app in an empty folder. */
export function starterApp(name: string, { jobwireVersion, cdkVersion }: StarterVersions): StarterFiles {
  const manifest = {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    scripts: {
      dev: 'jobwire dev',
      test: 'tsc && tsx --test test/*.test.ts',
      deploy: 'cdk deploy',
    },
    dependencies: {
      '@jobwire/sdk': `^${jobwireVersion}`,
      'aws-cdk-lib': cdkVersion,
      constructs: '^10.5.0',
      jobwire: `^${jobwireVersion}`,
    },
    devDependencies: {
      '@types/node': '^24.10.1',
      'aws-cdk': '^2.1100.0',
      tsx: '^4.23.0',
      typescript: '~7.0.2',
    },
  }
  const tsconfig = {
    compilerOptions: {
      target: 'es2022',
      module: 'preserve',
      moduleResolution: 'bundler',
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      types: ['node'],
    },
    exclude: ['node_modules', 'cdk.out'],
  }
  return {
    'package.json': json(manifest),
    'cdk.json': json({ app: 'npx tsx bin/app.ts', context: {} }),
    'tsconfig.json': json(tsconfig),
    '.gitignore': 'node_modules/\ncdk.out/\n.jobwire/\n',
    'bin/app.ts': APP,
    'lib/app-stack.ts': STACK,
    'tasks/index.ts': TASKS,
    'test/tasks.test.ts': tasksTest('node', '../tasks/index.ts'),
  }
}

/** The versions of the packages that a new app depends on. */
export interface StarterVersions {
  readonly jobwireVersion: string
  readonly cdkVersion: string
}

const APP = `import { App } from 'aws-cdk-lib/core'
import { AppStack } from '../lib/app-stack.ts'

new AppStack(new App(), 'MyApp')
`

const STACK = `import { Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { JobPlatform } from 'jobwire'

export class AppStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props)

    new JobPlatform(this, 'Jobs', { tasksPath: 'tasks/index.ts' })
  }
}
`

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
