import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readLocalTokenSecret, signToken } from '../../cli/token.ts'
import { startCloud, type Cloud, type CloudOptions } from '../../local/cloud.ts'
import { buildRuntime } from '../../local/services/lambda/runtime/build-runtime.ts'
import { synthesize } from '../../scripts/synthesize.ts'

/** The platform's stack on a local cloud in this process. */
export interface DeployedStack {
  readonly cloud: Cloud
  /** Without a slash at its end. */
  readonly restUrl: string
  token(namespace: string, expiresInSeconds: number): Promise<string>
  close(): Promise<void>
}

export interface StackOfTest {
  readonly tasksPath?: string
  readonly lanes?: object
  /** `any` allows receivers on this machine. */
  readonly webhookTargets?: 'public' | 'any'
}

/** Synthesizes the stack with tasks and settings of a test. Returns the folder of the assembly. */
export async function synthesizeWith({ tasksPath, lanes, webhookTargets }: StackOfTest): Promise<string> {
  const settings = { JOBWIRE_LANES: lanes && JSON.stringify(lanes), JOBWIRE_WEBHOOK_TARGETS: webhookTargets }
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const)
  for (const [name, value] of Object.entries(settings)) if (value !== undefined) process.env[name] = value
  try {
    const options = { root: process.cwd(), outDir: '.jobwire/assembly', ...(tasksPath !== undefined && { tasksPath }) }
    return (await synthesize(options)).assemblyDir
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

/** Starts a local cloud in this process for a synthesized stack. */
export async function deployStack(
  assemblyDir: string,
  options: Omit<CloudOptions, 'assemblyDir' | 'runtimePath'> = {},
): Promise<DeployedStack> {
  const workDir = mkdtempSync(join(tmpdir(), 'jobwire-stack-'))
  const runtimePath = join(workDir, 'runtime.cjs')
  buildRuntime(runtimePath)
  const cloud = await startCloud({ ...options, assemblyDir, runtimePath })
  const secret = await readLocalTokenSecret(cloud.outputs.TokenSecretArn!, cloud.endpoint)
  return {
    cloud,
    restUrl: cloud.outputs.RestUrl!.replace(/\/$/, ''),
    token: (namespace, expiresInSeconds) => signToken(secret, { namespace, subject: 'test', expiresInSeconds }),
    async close() {
      await cloud.close()
      rmSync(workDir, { recursive: true, force: true })
    },
  }
}
