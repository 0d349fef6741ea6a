import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TaskCatalog } from '../protocol/job/task-catalog.ts'
import { findLaneProblems } from '../protocol/job/task-problems.ts'
import { bundleOptions } from './bundle-options.ts'
import { entryFile } from './own-folder.ts'
import { SettingsError } from './setting-kinds.ts'
import type { TaskSource } from './function-source.ts'

/** A module that takes longer waits for something, or loops. Lambda gives a function ten seconds. */
export const MAX_LOAD_MS = 10_000

/** The findings of `lambdas/entry/catalog-process.ts`. */
interface Findings {
  readonly catalog?: TaskCatalog
  readonly problems?: readonly string[]
  readonly thrown?: string
}

/** The end of the process, as far as Node tells it. */
export interface CatalogProcessEnd {
  readonly status: number | null
  readonly signal: string | null
  readonly timedOut: boolean
  readonly stderr: string
}

/** The name of the bundle without its extension. */
const BUNDLE = 'catalog'
const NATIVE_ADVICE = 'Packages with native code belong in the setting "externalModules".'
const LOAD_ADVICE = `It was loaded as in a worker: with the variables of the setting "environment" only. ${NATIVE_ADVICE}`

/** Makes the options of esbuild for the program that reads the tasks. It is written to `directory`. */
export function catalogBundleOptions(directory: string, source: TaskSource) {
  return {
    ...bundleOptions(source),
    entryPoints: { [BUNDLE]: entryFile(source.sourceRoot, 'catalog-process') },
    outdir: directory,
    sourcemap: 'inline',
  } as const
}

/** Returns the arguments and the options with which Node runs the bundle in `directory`. */
export function catalogProcess(directory: string, source: TaskSource, maxLoadMs: number) {
  return {
    args: ['--enable-source-maps', join(directory, `${BUNDLE}.js`), findingsFile(directory)],
    options: {
      cwd: directory,
      env: childEnvironment(source),
      timeout: maxLoadMs,
      killSignal: 'SIGKILL',
      encoding: 'utf8',
    },
  } as const
}

/** Reads what the process has found. Throws a `SettingsError` with a sentence for each thing that is wrong. */
export function readFindings(
  directory: string,
  source: TaskSource,
  maxLoadMs: number,
  end: CatalogProcessEnd,
): TaskCatalog {
  let findings: Findings
  try {
    findings = JSON.parse(readFileSync(findingsFile(directory), 'utf8')) as Findings
  } catch {
    throw tasksError(source, endProblem(end, maxLoadMs))
  }
  const { catalog, problems, thrown } = findings
  if (thrown !== undefined) {
    throw tasksError(source, `The module threw when it was loaded: ${thrown}\n${LOAD_ADVICE}`)
  }
  const wrong = problems ?? findLaneProblems(catalog!, source.runTimesMs)
  if (wrong.length > 0) throw tasksError(source, wrong.join('\n'))
  return catalog!
}

/** Makes the error for tasks that esbuild refuses. */
export function bundlingError(source: TaskSource, error: unknown): SettingsError {
  const { message } = error as Error
  const advice = /\.node\b|Could not resolve/.test(message) ? `\n${NATIVE_ADVICE}` : ''
  return tasksError(source, `They cannot be bundled: ${message}${advice}`)
}

function tasksError({ tasksPath }: TaskSource, problem: string): SettingsError {
  return new SettingsError(`The tasks in ${tasksPath} cannot be deployed. ${problem}`)
}

function endProblem({ status, signal, timedOut, stderr }: CatalogProcessEnd, maxLoadMs: number): string {
  if (timedOut) return `The module was not loaded within ${maxLoadMs} ms: it must not wait or loop at its top.`
  const end = signal === null ? `ended the process with code ${status}` : `died of ${signal}`
  return `The module ${end} when it was loaded: it must not exit at its top. ${stderr.trim()}`.trim()
}

function findingsFile(directory: string): string {
  return join(directory, 'findings.json')
}

/** The variables of a worker that count at the top of a module, and those that Node itself needs. */
function childEnvironment({ tasksModule, environment }: TaskSource): NodeJS.ProcessEnv {
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
