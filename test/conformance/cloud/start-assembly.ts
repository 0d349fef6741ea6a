import { join } from 'node:path'
import { type Cloud, type CloudOptions, startCloud } from '../../../local/cloud.ts'
import { buildRuntime } from '../../../local/services/lambda/runtime/build-runtime.ts'
import type { Credentials } from './client-settings.ts'
import type { HandMadeAssembly } from './hand-made-assembly.ts'

/** Starts the cloud of an assembly whose functions are to run. */
export async function startAssembly(
  { assemblyDir, workDir }: HandMadeAssembly,
  options: Omit<CloudOptions, 'assemblyDir' | 'runtimePath'> = {},
): Promise<Cloud> {
  const runtimePath = join(workDir, 'runtime.cjs')
  buildRuntime(runtimePath)
  return startCloud({ ...options, assemblyDir, runtimePath })
}

/** Runs a function with the `CREDENTIALS_HANDLER`, so that a test can make calls as its role. */
export async function credentialsOf({ endpoint }: Cloud, functionName: string): Promise<Credentials> {
  const answer = await fetch(`${endpoint}/2015-03-31/functions/${functionName}/invocations`, { method: 'POST' })
  return (await answer.json()) as Credentials
}
