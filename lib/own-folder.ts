import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SettingsError } from './setting-kinds.ts'

/** The entries of the functions in the repository, as sources. */
const SOURCES = 'lambdas/entry'
/** The entries of the functions in the installed package, as JavaScript. */
const PREBUILT = 'dist/lambdas'

/**
 * Finds the folder that holds the code of Jobwire's functions: the installed package, or the repository. Throws a
 * `SettingsError` if there is none.
 *
 * @example
 * findOwnFolder() // '/home/ada/shop/node_modules/jobwire'
 */
export function findOwnFolder(sourceRoot?: string): string {
  if (sourceRoot !== undefined) {
    if (holdsFunctions(sourceRoot)) return resolve(sourceRoot)
    throw new SettingsError(
      `The prop "sourceRoot" is ${JSON.stringify(sourceRoot)}, and there is neither "${SOURCES}" nor "${PREBUILT}" in it. ` +
        'Leave the prop out, or give the folder of the package "jobwire".',
    )
  }
  const here = dirname(fileURLToPath(import.meta.url))
  const found = withParents(here).find(holdsFunctions) ?? installedNear(process.cwd())
  if (found !== undefined) return found
  throw new SettingsError(
    `The package "jobwire" is not found from ${here}. If you bundle your CDK app, leave "jobwire" out of the bundle, or ` +
      'give the folder of the package as the prop "sourceRoot".',
  )
}

/** Returns true for the installed package, whose functions are JavaScript already. */
export function isPrebuilt(sourceRoot: string): boolean {
  return !existsSync(join(sourceRoot, SOURCES, 'catalog-process.ts'))
}

/**
 * Returns the path of an entry of the functions.
 *
 * @example
 * entryFile('/home/ada/shop/node_modules/jobwire', 'worker') // '…/jobwire/dist/lambdas/worker.mjs'
 */
export function entryFile(sourceRoot: string, entry: string): string {
  if (!isPrebuilt(sourceRoot)) return join(sourceRoot, SOURCES, `${entry}.ts`)
  const withTasks = join(sourceRoot, PREBUILT, `${entry}.mjs`)
  return existsSync(withTasks) ? withTasks : join(sourceRoot, PREBUILT, `${entry}.js`)
}

/** The user's project may have folders of these names, but not this file in them. */
function holdsFunctions(folder: string): boolean {
  return ['catalog-process.ts', 'catalog-process.mjs'].some(
    (file) => existsSync(join(folder, SOURCES, file)) || existsSync(join(folder, PREBUILT, file)),
  )
}

/** A bundled CDK app is not in the package any more, but the package is installed beside it. */
function installedNear(folder: string): string | undefined {
  return withParents(folder)
    .map((parent) => join(parent, 'node_modules/jobwire'))
    .find(holdsFunctions)
}

function withParents(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...withParents(parent)]
}
