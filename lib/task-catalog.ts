import { buildSync } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TaskCatalog } from '../protocol/job/task-catalog.ts'
import { bundlingError, catalogBundleOptions, catalogProcess, MAX_LOAD_MS, readFindings } from './catalog-process.ts'
import type { TaskSource } from './function-source.ts'

/**
 * Reads the tasks as data. The module is loaded in a process of its own, with the variables that the workers get, so
 * that it can throw, exit or loop. Throws a `SettingsError` with a sentence for each thing that is wrong with it.
 *
 * @example
 * readTaskCatalog(taskSource(sourceRoot, settings)) // { greet: { queue: 'default', … } }
 */
export function readTaskCatalog(source: TaskSource, maxLoadMs = MAX_LOAD_MS): TaskCatalog {
  const directory = mkdtempSync(join(tmpdir(), `jobwire-tasks-${process.pid}-`))
  try {
    try {
      buildSync(catalogBundleOptions(directory, source))
    } catch (error) {
      throw bundlingError(source, error)
    }
    const { args, options } = catalogProcess(directory, source, maxLoadMs)
    const { error, status, signal, stderr } = spawnSync(process.execPath, args, options)
    const timedOut = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT'
    if (error !== undefined && !timedOut) throw error
    return readFindings(directory, source, maxLoadMs, { status, signal, timedOut, stderr })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
