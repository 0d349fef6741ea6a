import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskCatalog } from '../../../protocol/job/task-catalog.ts'
import type { MakeJobPorts } from '../../domain/submit/make-job.ts'
import { consoleLog } from './console-log.ts'
import { createThreadedInputCheck } from './input-check.ts'

/**
 * The tasks as a submit needs them. `folder` is the function's own: there the stack puts the catalog, and the bundle
 * of `input-thread.ts` if a task has a schema for its input.
 */
export function openTasks(folder: string): Pick<MakeJobPorts, 'catalog' | 'checkInput'> {
  return {
    catalog: JSON.parse(readFileSync(join(folder, 'tasks.json'), 'utf8')) as TaskCatalog,
    checkInput: createThreadedInputCheck({ threadFile: join(folder, 'input-thread.cjs'), log: consoleLog }),
  }
}
