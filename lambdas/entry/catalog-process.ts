import { writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { TaskMap } from '../../protocol/job/task.ts'
import { catalogTasks, type TaskCatalog } from '../../protocol/job/task-catalog.ts'
import { findTaskProblems } from '../../protocol/job/task-problems.ts'

/** The findings of the process, as JSON in the file that its first argument names. */
export type CatalogFindings =
  | { readonly catalog: TaskCatalog }
  | { readonly problems: readonly string[] }
  | { readonly thrown: string }

const STACK_LINES = 4

// The process that synthesis starts to read the tasks as data. It is no part of a function.
const file = process.argv[2]!

function report(findings: CatalogFindings): void {
  writeFileSync(file, JSON.stringify(findings))
  process.exit()
}

function reportThrown(thrown: unknown): void {
  const stack = thrown instanceof Error ? thrown.stack : undefined
  report({ thrown: (stack ?? String(thrown)).split('\n').slice(0, STACK_LINES).join('\n') })
}

async function readTasks(): Promise<void> {
  const { tasks } = (await import('jobwire-tasks')) as { tasks?: unknown }
  // A promise that the module forgot is rejected by now, or later than this can wait for.
  await setImmediate()
  const problems = findTaskProblems(tasks)
  report(problems.length > 0 ? { problems } : { catalog: catalogTasks(tasks as TaskMap) })
}

process.on('uncaughtException', reportThrown)
void readTasks().catch(reportThrown)
