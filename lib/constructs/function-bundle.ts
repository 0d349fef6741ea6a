import { buildSync } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { TaskCatalog } from '../../protocol/job/task-catalog.ts'
import { bundleOptions, type BundleSources } from '../bundle-options.ts'
import {
  addCatalog,
  checksInputs,
  copyFiles,
  entryPoints,
  FUNCTION_ENTRIES,
  type FunctionEntry,
  functionFiles,
} from '../function-files.ts'
import { isPrebuilt } from '../own-folder.ts'

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
    const { withTasks, withoutTasks } = functionFiles(sources.sourceRoot, FUNCTION_ENTRIES, checksInputs(catalog))
    const ready = isPrebuilt(sources.sourceRoot)
    const files = ready ? withTasks : { ...withTasks, ...withoutTasks }
    buildSync({ ...bundleOptions(sources), entryPoints: entryPoints(files), outdir: directory })
    if (ready) copyFiles(directory, withoutTasks)
    addCatalog(directory, FUNCTION_ENTRIES, catalog)
  } catch (error) {
    dispose()
    throw error
  }
  return { code: (entry) => Code.fromAsset(join(directory, entry)), dispose }
}
