import { findInProject, projectFolders } from './project-files.ts'
import { SettingsError } from './setting-kinds.ts'

/**
 * Returns the whole path of the module that `tasksPath` names. Throws a `SettingsError` if there is no such file.
 *
 * @example
 * findTasksModule('tasks/index.ts') // '/home/ada/shop/tasks/index.ts'
 */
export function findTasksModule(tasksPath: string, folders = projectFolders()): string {
  const found = findInProject(tasksPath, folders)
  if (found !== undefined) return found
  throw new SettingsError(
    `The setting "tasksPath" is ${JSON.stringify(tasksPath)}, and there is no such file. ` +
      `Give the path of the module that exports your tasks, relative to ${folders.join(' or ')}.`,
  )
}
