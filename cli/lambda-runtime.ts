import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { findOwnFolder, isPrebuilt } from '../lib/own-folder.ts'

/**
 * Returns the file with the code of the threads that run functions. The installed package has it. In the repository it
 * is built; clouds that start at the same time each build it, and the rename is atomic.
 */
export async function lambdaRuntime(): Promise<string> {
  const folder = findOwnFolder()
  if (isPrebuilt(folder)) return join(folder, 'dist/lambda-runtime.cjs')
  const { buildRuntime } = await import('../local/services/lambda/runtime/build-runtime.ts')
  const built = join(folder, '.jobwire/lambda-runtime.cjs')
  const fresh = join(folder, `.jobwire/run/lambda-runtime-${process.pid}.cjs`)
  mkdirSync(join(folder, '.jobwire/run'), { recursive: true })
  buildRuntime(fresh, folder)
  renameSync(fresh, built)
  return built
}
