import { buildSync } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runTimeMs } from '../protocol/job/run-time.ts'
import type { TaskCatalog } from '../protocol/job/task-catalog.ts'
import { findLaneProblems } from '../protocol/job/task-problems.ts'
import { bundleOptions, type BundleSources } from './bundle-options.ts'
import { SettingsError } from './setting-kinds.ts'
import type { Settings } from './settings.ts'
import { findTasksModule } from './tasks-module.ts'

/** A module that takes longer waits for something, or loops. Lambda gives a function ten seconds. */
const MAX_LOAD_MS = 10_000

/** The findings of `lambdas/entry/catalog-process.ts`. */
interface Findings {
  readonly catalog?: TaskCatalog
  readonly problems?: readonly string[]
  readonly thrown?: string
}

type CatalogSettings = Pick<Settings, 'tasksPath' | 'externalModules' | 'environment' | 'lanes'>

/**
 * Reads the tasks as data. The module is loaded in a process of its own, with the variables that the workers get, so
 * that it can throw, exit or loop. Throws a `SettingsError` with a sentence for each thing that is wrong with it.
 *
 * @example
 * readTaskCatalog(sourceRoot, settings) // { greet: { queue: 'default', priority: 'normal', checksInput: false } }
 */
export function readTaskCatalog(sourceRoot: string, settings: CatalogSettings, maxLoadMs = MAX_LOAD_MS): TaskCatalog {
  const tasksModule = findTasksModule(settings.tasksPath)
  const directory = mkdtempSync(join(tmpdir(), `jobwire-tasks-${process.pid}-`))
  const fail = (problem: string): never => {
    throw new SettingsError(`The tasks in ${settings.tasksPath} cannot be deployed. ${problem}`)
  }
  try {
    bundle(directory, { sourceRoot, tasksModule, externalModules: settings.externalModules }, fail)
    const { catalog, problems, thrown } = load(directory, tasksModule, settings.environment, maxLoadMs, fail)
    if (thrown !== undefined) fail(`The module threw when it was loaded: ${thrown}\n${LOAD_ADVICE}`)
    const wrong = problems ?? findLaneProblems(catalog!, runTimes(settings.lanes))
    if (wrong.length > 0) fail(wrong.join('\n'))
    return catalog!
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const NATIVE_ADVICE = 'Packages with native code belong in the setting "externalModules".'
const LOAD_ADVICE = `It was loaded as in a worker: with the variables of the setting "environment" only. ${NATIVE_ADVICE}`

type Fail = (problem: string) => never

function bundle(directory: string, sources: BundleSources, fail: Fail): void {
  const entry = join(sources.sourceRoot, 'lambdas/entry/catalog-process.ts')
  try {
    buildSync({ ...bundleOptions(sources), entryPoints: { catalog: entry }, outdir: directory, sourcemap: 'inline' })
  } catch (error) {
    fail(`They cannot be bundled: ${(error as Error).message}\n${NATIVE_ADVICE}`)
  }
}

function load(
  directory: string,
  tasksModule: string,
  environment: Readonly<Record<string, string>>,
  maxLoadMs: number,
  fail: Fail,
): Findings {
  const file = join(directory, 'findings.json')
  const { status, signal, error, stderr } = spawnSync(
    process.execPath,
    ['--enable-source-maps', join(directory, 'catalog.js'), file],
    { cwd: directory, env: childEnvironment(tasksModule, environment), timeout: maxLoadMs, killSignal: 'SIGKILL' },
  )
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Findings
  } catch {
    if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') {
      return fail(`The module was not loaded within ${maxLoadMs} ms: it must not wait or loop at its top.`)
    }
    if (error !== undefined) throw error
    const end = signal === null ? `ended the process with code ${status}` : `died of ${signal}`
    return fail(`The module ${end} when it was loaded: it must not exit at its top. ${String(stderr).trim()}`.trim())
  }
}

/** The variables of a worker that count at the top of a module, and those that Node itself needs. */
function childEnvironment(tasksModule: string, environment: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { SystemRoot: systemRoot } = process.env
  return {
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'jobwire-synthesis',
    ...(systemRoot === undefined ? {} : { SystemRoot: systemRoot }),
    ...environment,
    // The bundle lies elsewhere than the tasks, and must find the external modules that they find.
    NODE_PATH: moduleFolders(dirname(tasksModule)).join(process.platform === 'win32' ? ';' : ':'),
  }
}

function moduleFolders(folder: string): string[] {
  const parent = dirname(folder)
  return [join(folder, 'node_modules'), ...(parent === folder ? [] : moduleFolders(parent))]
}

function runTimes(lanes: Settings['lanes']): Record<string, number> {
  return Object.fromEntries(Object.entries(lanes).map(([name, { timeout }]) => [name, runTimeMs(timeout)]))
}
