import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/**
 * Finds a file or folder of the user's project. A relative path is looked up in the current directory, where `cdk.json`
 * is, and then in the folder of the app: that of the nearest `cdk.json` or `package.json` above the program. They differ
 * when `cdk --app` names an app of another folder. Returns undefined if the path is in neither.
 *
 * @example
 * findInProject('src/tasks.ts') // '/home/ada/shop/infra/src/tasks.ts'
 */
export function findInProject(path: string, folders = projectFolders()): string | undefined {
  return folders.map((folder) => resolve(folder, path)).find((found) => existsSync(found))
}

/** Returns the folders that relative paths of settings are looked up in. */
export function projectFolders(current = process.cwd(), program = process.argv[1]): string[] {
  const app = program === undefined ? undefined : projectOf(dirname(resolve(current, program)))
  return app === undefined || app === current ? [current] : [current, app]
}

function projectOf(folder: string): string | undefined {
  if (['cdk.json', 'package.json'].some((file) => existsSync(join(folder, file)))) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : projectOf(parent)
}
