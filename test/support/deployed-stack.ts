import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readLocalTokenSecret, signToken } from '../../cli/token.ts'
import { startCloud, type Cloud, type CloudOptions } from '../../local/cloud.ts'
import { buildRuntime } from '../../local/services/lambda/build-runtime.ts'
import { synthesize } from '../../scripts/synthesize.ts'

/** The platform's stack on a local cloud in this process. */
export interface DeployedStack {
  readonly cloud: Cloud
  /** Without a slash at its end. */
  readonly restUrl: string
  token(namespace: string, expiresInSeconds: number): Promise<string>
  close(): Promise<void>
}

/** Synthesizes the stack with tasks and lanes of a test. Returns the folder of the assembly. */
export async function synthesizeWith({ tasksPath, lanes }: { tasksPath?: string; lanes?: object }): Promise<string> {
  const before = process.env.JOBWIRE_LANES
  if (lanes !== undefined) process.env.JOBWIRE_LANES = JSON.stringify(lanes)
  try {
    const options = { root: process.cwd(), outDir: '.jobwire/assembly', ...(tasksPath !== undefined && { tasksPath }) }
    return (await synthesize(options)).assemblyDir
  } finally {
    if (before === undefined) delete process.env.JOBWIRE_LANES
    else process.env.JOBWIRE_LANES = before
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
