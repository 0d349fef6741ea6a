import { buildSync } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { esbuildAliases } from '../../scripts/package-aliases.js'
import { findTasksModule } from '../tasks-module.ts'

/** The functions of the stack, by their entry under `lambdas/entry`. */
export const FUNCTION_ENTRIES = [
  'authorizer',
  'rest',
  'socket',
  'worker',
  'dead-letters',
  'scheduled',
  'webhooks',
] as const

export type FunctionEntry = (typeof FUNCTION_ENTRIES)[number]

/** The bundled code of every function. */
export interface FunctionBundle {
  code(entry: FunctionEntry): Code
  /** Removes the bundles; the CDK has copied each into the assembly when its function was made. */
  dispose(): void
}

/**
 * Bundles every function in one run of esbuild: one process, and what several share is read and parsed once.
 * The AWS SDK goes into the bundle, so that a deployment runs what was tested and cold starts read one small file.
 */
export function bundleFunctions({ sourceRoot, tasksPath }: { sourceRoot: string; tasksPath: string }): FunctionBundle {
  const tasks = findTasksModule(tasksPath)
  const directory = mkdtempSync(join(tmpdir(), `jobwire-functions-${process.pid}-`))
  const dispose = () => rmSync(directory, { recursive: true, force: true })
  try {
    bundle(directory, sourceRoot, tasks)
  } catch (error) {
    dispose()
    throw error
  }
  return { code: (entry) => Code.fromAsset(join(directory, entry)), dispose }
}

function bundle(directory: string, sourceRoot: string, tasks: string): void {
  buildSync({
    entryPoints: Object.fromEntries([
      ...FUNCTION_ENTRIES.map((entry) => [`${entry}/index`, join(sourceRoot, 'lambdas/entry', `${entry}.ts`)]),
      // The worker starts it as a thread of its own.
      ['worker/hold-thread', join(sourceRoot, 'lambdas/entry/hold-thread.ts')],
    ]),
    outdir: directory,
    // Paths in the output are relative to this, so that the same sources give the same asset hash everywhere.
    absWorkingDir: sourceRoot,
    bundle: true,
    minify: true,
    // Errors travel by their class name; minified ones would be called `a`.
    keepNames: true,
    platform: 'node',
    // On AWS they run on Node 24; on a laptop, locally and in emulators, on whatever Node is there, from 20 on.
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'silent',
    alias: esbuildAliases(sourceRoot, tasks),
  })
}
