import { dirname } from 'node:path'
import type { BuildOptions } from 'esbuild'
import { esbuildAliases } from '../scripts/package-aliases.js'
import { isPrebuilt } from './own-folder.ts'

/** The code that bundles are made from. */
export interface BundleSources {
  /** The folder of the installed package, or of the repository. */
  readonly sourceRoot: string
  /** The whole path of the module that exports the tasks. */
  readonly tasksModule: string
  /** Packages that are not bundled. */
  readonly externalModules: readonly string[]
}

/**
 * Makes the options of esbuild for code that runs in a function, or is loaded as in one.
 *
 * @example
 * buildSync({ ...bundleOptions(sources), entryPoints: { worker: 'lambdas/entry/worker.ts' }, outdir: 'out' })
 */
export function bundleOptions({ sourceRoot, tasksModule, externalModules }: BundleSources) {
  return {
    ...FUNCTION_OPTIONS,
    absWorkingDir: bundleFolder({ sourceRoot, tasksModule }),
    minify: true,
    // The installed package takes the user's own copy of `@jobwire/sdk`.
    alias: isPrebuilt(sourceRoot) ? { 'jobwire-tasks': tasksModule } : esbuildAliases(sourceRoot, tasksModule),
    external: [...externalModules],
  } satisfies BuildOptions
}

/**
 * Returns the folder that the paths in the output of esbuild are relative to. In the repository it is the root, so that
 * the same sources give the same hash of code everywhere. The installed package may be in an archive of Yarn, so there
 * it is a folder of the user's project: from it, esbuild finds the map of these archives.
 */
export function bundleFolder({ sourceRoot, tasksModule }: Pick<BundleSources, 'sourceRoot' | 'tasksModule'>): string {
  return isPrebuilt(sourceRoot) ? dirname(tasksModule) : sourceRoot
}

/** The options that the functions of the installed package are built with, too. */
export const FUNCTION_OPTIONS = {
  bundle: true,
  // Errors are sent with the name of their class; minified, it would be `a`.
  keepNames: true,
  platform: 'node',
  // On AWS they run on Node 24. In the local cloud and in emulators they run on the installed Node, from 20 on.
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'silent',
  // As `require`: an import would not look into a layer.
  supported: { 'dynamic-import': false },
} satisfies BuildOptions
