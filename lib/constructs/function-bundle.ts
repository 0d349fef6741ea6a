import { buildSync } from 'esbuild'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { TaskCatalog } from '../../protocol/job/task-catalog.ts'
import { bundleOptions, type BundleSources } from '../bundle-options.ts'

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

/** The functions that submit jobs. They know the tasks by the catalog alone. */
const SUBMIT_ENTRIES = ['rest', 'socket', 'scheduled'] as const satisfies readonly FunctionEntry[]

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
 * const catalog = readTaskCatalog(sourceRoot, settings)
 * const bundle = bundleFunctions({ sourceRoot, tasksModule: '/app/tasks/index.ts', externalModules: [] }, catalog)
 * createFunction(this, 'Worker', { ...settings, description: 'Runs jobs.', code: bundle.code('worker'), environment })
 * bundle.dispose()
 */
export function bundleFunctions(sources: BundleSources, catalog: TaskCatalog): FunctionBundle {
  const directory = mkdtempSync(join(tmpdir(), `jobwire-functions-${process.pid}-`))
  const dispose = () => rmSync(directory, { recursive: true, force: true })
  try {
    writeBundles(directory, sources, catalog)
  } catch (error) {
    dispose()
    throw error
  }
  return { code: (entry) => Code.fromAsset(join(directory, entry)), dispose }
}

/**
 * Returns true if some task has a schema for its input. Then the functions that submit need the code of the tasks.
 *
 * @example
 * checksInputs({ greet: { queue: 'default', priority: 'normal', checksInput: false } }) // false
 */
export function checksInputs(catalog: TaskCatalog): boolean {
  return Object.values(catalog).some(({ checksInput }) => checksInput)
}

function writeBundles(directory: string, sources: BundleSources, catalog: TaskCatalog): void {
  const source = (entry: string) => join(sources.sourceRoot, 'lambdas/entry', `${entry}.ts`)
  buildSync({
    ...bundleOptions(sources),
    entryPoints: Object.fromEntries([
      ...FUNCTION_ENTRIES.map((entry) => [`${entry}/index`, source(entry)]),
      // The worker starts it as a thread of its own.
      ['worker/hold-thread', source('hold-thread')],
      ...(checksInputs(catalog) ? [['input-thread', source('input-thread')]] : []),
    ]),
    outdir: directory,
  })
  for (const entry of SUBMIT_ENTRIES) {
    writeFileSync(join(directory, entry, 'tasks.json'), JSON.stringify(catalog))
    // A thread of the name `.js` would be an ES module wherever the nearest package.json says so.
    if (checksInputs(catalog))
      copyFileSync(join(directory, 'input-thread.js'), join(directory, entry, 'input-thread.cjs'))
  }
}
