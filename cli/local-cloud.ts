import { join } from 'node:path'
import { startCloud, type Cloud, type CloudOptions } from '../local/cloud.ts'
import { findOwnFolder, isPrebuilt } from '../lib/own-folder.ts'
import { CommandError } from './frame/command-error.ts'
import { lambdaRuntime } from './lambda-runtime.ts'
import { synthesize } from '../scripts/synthesize.ts'
import { readLocalTokenSecret, signToken } from './token.ts'

export interface Running {
  readonly cloud: Cloud
  /** The REST address, which the SDK connects to. */
  readonly url: string
  readonly socketUrl: string
  readonly synthesized: { readonly cached: boolean; readonly tookMs: number }
  readonly startedMs: number
  mintToken(namespace: string, expiresInSeconds?: number): Promise<string>
}

export type RunOptions = Pick<CloudOptions, 'port' | 'dataDir' | 'dynamodbEndpoint' | 'log'>

/** On a laptop, webhooks go to programs on the same machine. A deployment refuses such addresses by default. */
const LOCAL_SETTINGS = { JOBWIRE_WEBHOOK_TARGETS: 'any' }

const TOKEN_LIFETIME_SECONDS = 30 * 24 * 3600

/** Synthesizes this project's stack (or takes it from the cache) and starts the local cloud on it. */
export async function runLocalCloud(options: RunOptions): Promise<Running> {
  if (isPrebuilt(findOwnFolder())) {
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
  const secretId = cloud.outputs.TokenSecretArn!
  return {
    cloud,
    url: cloud.outputs.RestUrl!,
    socketUrl: cloud.outputs.SocketUrl!,
    synthesized: { cached, tookMs: synthesisMs },
    startedMs: performance.now() - start,
    async mintToken(namespace, expiresInSeconds = TOKEN_LIFETIME_SECONDS) {
      const secret = await readLocalTokenSecret(secretId, cloud.endpoint)
      return signToken(secret, { namespace, subject: 'local', expiresInSeconds })
    },
  }
}
