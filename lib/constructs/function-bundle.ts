import { buildSync } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { esbuildAliases } from '../../scripts/package-aliases.js'
import { findTasksModule } from '../tasks-module.ts'

/** The functions of the stack, each by the name of its file in `lambdas/entry`. */
export const FUNCTION_ENTRIES = [
  'authorizer',
  'rest',
  'socket',
  'worker',
  'dead-letters',
  'scheduled',
  'webhooks',
] as const

/** The name of one function of the stack. */
export type FunctionEntry = (typeof FUNCTION_ENTRIES)[number]

/** The bundled code of every function. */
export interface FunctionBundle {
  /** Returns the code of one function. */
  code(entry: FunctionEntry): Code
  /** Removes the bundles. The CDK has copied each into the assembly by then, when its function was made. */
  dispose(): void
}

/**
 * Bundles every function in one run of esbuild: one process, which reads and parses shared files once. The AWS SDK is
 * part of the bundle, so that a deployment runs the tested version and a cold start reads one small file.
 *
 * @example
 * const bundle = bundleFunctions({ sourceRoot: process.cwd(), tasksPath: 'tasks/index.ts' })
 * createFunction(this, 'Worker', { ...settings, description: 'Runs jobs.', code: bundle.code('worker'), environment })
 * bundle.dispose()
 */
export function bundleFunctions({ sourceRoot, tasksPath }: { sourceRoot: string; tasksPath: string }): FunctionBundle {
  const tasks = findTasksModule(tasksPath)
  const directory = mkdtempSync(join(tmpdir(), `jobwire-functions-${process.pid}-`))
  const dispose = () => rmSync(directory, { recursive: true, force: true })
  try {
    runEsbuild(directory, sourceRoot, tasks)
  } catch (error) {
    dispose()
    throw error
  }
  return { code: (entry) => Code.fromAsset(join(directory, entry)), dispose }
}

function runEsbuild(directory: string, sourceRoot: string, tasks: string): void {
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
    // Errors are sent with the name of their class; minified, it would be `a`.
    keepNames: true,
    platform: 'node',
    // On AWS they run on Node 24. In the local cloud and in emulators they run on the installed Node, from 20 on.
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'silent',
    alias: esbuildAliases(sourceRoot, tasks),
  })
}
