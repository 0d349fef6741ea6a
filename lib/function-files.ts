import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TaskCatalog } from '../protocol/job/task-catalog.ts'
import { entryFile } from './own-folder.ts'

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
const SUBMIT_ENTRIES: readonly FunctionEntry[] = ['rest', 'socket', 'scheduled']

const INPUT_THREAD = 'input-thread.js'

/**
 * Returns true if some task has a schema for its input. Then the functions that submit need the code of the tasks.
 *
 * @example
 * checksInputs({ greet: { queue: 'default', priority: 'normal', checksInput: false } }) // false
 */
export function checksInputs(catalog: TaskCatalog): boolean {
  return Object.values(catalog).some(({ checksInput }) => checksInput)
}

/** The entries that some functions are made of, each by the path of its JavaScript in the output. */
export interface FunctionFiles {
  /** Those that the tasks are bundled into. */
  readonly withTasks: Readonly<Record<string, string>>
  /** All others. In the installed package they are ready to be copied. */
  readonly withoutTasks: Readonly<Record<string, string>>
}

/**
 * Lists the files that these functions are made of. The path of an output begins with the name of the function, except
 * for the thread that checks inputs: several functions get a copy of it.
 *
 * @example
 * functionFiles('/repository', ['worker']).withTasks // { 'worker/index.js': '/repository/lambdas/entry/worker.ts' }
 */
export function functionFiles(
  sourceRoot: string,
  entries: readonly FunctionEntry[],
  needsThread: boolean,
): FunctionFiles {
  const file = (entry: string) => entryFile(sourceRoot, entry)
  const hasWorker = entries.includes('worker')
  const withoutTasks = entries.filter((entry) => entry !== 'worker')
  return {
    withTasks: {
      ...(hasWorker ? { 'worker/index.js': file('worker') } : {}),
      ...(needsThread && entries.some(submitsJobs) ? { [INPUT_THREAD]: file('input-thread') } : {}),
    },
    withoutTasks: {
      ...Object.fromEntries(withoutTasks.map((entry) => [`${entry}/index.js`, file(entry)])),
      // The worker starts it as a thread of its own.
      ...(hasWorker ? { 'worker/hold-thread.js': file('hold-thread') } : {}),
    },
  }
}

/** Makes the option `entryPoints` of esbuild, which adds the extension to each output itself. */
export function entryPoints(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([output, file]) => [output.replace(/\.js$/, ''), file]))
}

/** Copies files into `directory`. */
export function copyFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [output, file] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, output)), { recursive: true })
    copyFileSync(file, join(directory, output))
  }
}

/** Adds the catalog to the code in `directory`, and a copy of the thread that checks inputs where one is needed. */
export function addCatalog(directory: string, entries: readonly FunctionEntry[], catalog: TaskCatalog): void {
  for (const entry of entries.filter(submitsJobs)) {
    writeFileSync(join(directory, entry, 'tasks.json'), JSON.stringify(catalog))
    // A thread of the name `.js` would be an ES module wherever the nearest package.json says so.
    if (checksInputs(catalog)) copyFileSync(join(directory, INPUT_THREAD), join(directory, entry, 'input-thread.cjs'))
  }
}

function submitsJobs(entry: FunctionEntry): boolean {
  return SUBMIT_ENTRIES.includes(entry)
}
