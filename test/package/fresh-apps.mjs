// The files of the apps in which the packed packages are tested.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const TASKS = `import { defineTask } from '@jobwire/sdk/task';

class OutOfStock extends Error {}

const anything = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value: value as { n: number } }) },
} as const;

export const tasks = {
  greet: defineTask({ run: (input: { name: string }) => \`Hello, \${input.name}!\` }),
  fail: defineTask({
    attempts: 1,
    run: () => {
      throw new OutOfStock(\`\${OutOfStock.name}: none left\`);
    },
  }),
  double: defineTask({ input: anything, run: ({ n }) => 2 * n }),
};
`

/** A stack as CDK's template has it. Relative imports of ES modules have an extension. */
export const stack = (tasksPath) => `import * as cdk from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { JobPlatform, SettingsError, type JobPlatformProps } from 'jobwire';

export class AppStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    const settings: JobPlatformProps = { tasksPath: '${tasksPath}', resultTtl: '30d', lanes: { default: {} } };
    const jobs = new JobPlatform(this, 'Jobs', settings);
    new cdk.CfnOutput(this, 'Worker', { value: jobs.workers['default']!.functionName });
    // @ts-expect-error -- there is no such setting
    const wrong: JobPlatformProps = { resultTTL: '30d' };
    if (!(SettingsError.prototype instanceof Error) || wrong === undefined) throw new Error('No such class.');
  }
}
`

export const app = (extension) => `#!/usr/bin/env node
import * as cdk from 'aws-cdk-lib/core';
import { AppStack } from '../lib/app-stack${extension}';

const app = new cdk.App({ analyticsReporting: false });
new AppStack(app, 'AppStack');
`

/** Writes files into a folder, each by its path: text as it is, all else as JSON. */
export function writeFiles(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content, undefined, 2))
  }
}
