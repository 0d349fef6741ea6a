import { join } from 'node:path'
import { startCloud, type Cloud, type CloudOptions } from '../local/cloud.ts'
import { CommandError } from './frame/command-error.ts'
import { isInRepository } from './in-repository.ts'
import { lambdaRuntime } from './lambda-runtime.ts'
import { synthesize } from '../scripts/synthesize.ts'

export interface Running {
  readonly cloud: Cloud
  readonly synthesized: { readonly cached: boolean; readonly tookMs: number }
  readonly startedMs: number
}

export type RunOptions = Pick<CloudOptions, 'port' | 'dataDir' | 'dynamodbEndpoint' | 'log'>

/** On a laptop, webhooks go to programs on the same machine. A deployment refuses such addresses by default. */
const LOCAL_SETTINGS = { JOBWIRE_WEBHOOK_TARGETS: 'any' }

/** Synthesizes this project's stack (or takes it from the cache) and starts the local cloud on it. */
export async function runLocalCloud(options: RunOptions): Promise<Running> {
  if (!isInRepository()) {
    throw new CommandError(
      'usage',
      'NOT_IN_THE_REPOSITORY',
      'This command runs the stack of the repository of Jobwire.',
      {
        advice: 'In your own app, run `jobwire dev`. In an empty folder, run `jobwire init` first.',
      },
    )
  }
  const root = process.cwd()
  const synthesisStart = performance.now()
  const { assemblyDir, cached } = await synthesize({
    root,
    outDir: join(root, '.jobwire/assembly'),
    defaults: LOCAL_SETTINGS,
  })
  const synthesisMs = performance.now() - synthesisStart
  const start = performance.now()
  const cloud = await startCloud({ ...options, assemblyDir, runtimePath: await lambdaRuntime() })
  return { cloud, synthesized: { cached, tookMs: synthesisMs }, startedMs: performance.now() - start }
}
