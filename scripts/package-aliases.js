// The sources that stand for the packages of this repository. Plain JavaScript, because `run.mjs` and
// `jest.config.mjs` read it before anything can compile TypeScript. A unit test keeps the `paths` of tsconfig.json equal.
import { join } from 'node:path'

/** The source file of each package entry, relative to the root of the repository. */
export const PACKAGE_SOURCES = {
  'jobwire-tasks': 'tasks/index.ts',
  jobwire: 'lib/index.ts',
  '@jobwire/sdk': 'sdk/src/index.ts',
  '@jobwire/sdk/task': 'sdk/src/task.ts',
  '@jobwire/sdk/webhook': 'sdk/src/webhook.ts',
  '@jobwire/sdk/react': 'sdk/src/react.ts',
  '@jobwire/sdk/testing': 'sdk/src/testing.ts',
}

/** Makes the option `alias` of esbuild. `tasksModule` is the whole path of the module that exports the tasks. */
export function esbuildAliases(root, tasksModule = join(root, PACKAGE_SOURCES['jobwire-tasks'])) {
  const sources = Object.entries(PACKAGE_SOURCES).map(([name, path]) => [name, join(root, path)])
  return { ...Object.fromEntries(sources), 'jobwire-tasks': tasksModule }
}

/** Makes the option `moduleNameMapper` of Jest. */
export function jestModuleNames() {
  return Object.fromEntries(Object.entries(PACKAGE_SOURCES).map(([name, path]) => [`^${name}$`, `<rootDir>/${path}`]))
}
