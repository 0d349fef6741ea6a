import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskDescription } from './task-description.ts'
import { changedMarks, type ProjectMarks } from './project-marks.ts'

/** An assembly of an earlier process. */
export interface KeptAssembly {
  /** The tasks when that process ended. */
  readonly tasks: TaskDescription
  /** True if the tasks have changed since the assembly was made. */
  readonly tasksChanged: boolean
  /** The marks of the sources that the assembly was made of. */
  readonly marks: ProjectMarks
}

interface Notes {
  readonly marks: ProjectMarks
  readonly tasks: TaskDescription
}

const NOTES = 'notes.json'

/**
 * Keeps an assembly for the next start, by moving it. Only one is kept. Assets of older assemblies, which a folder
 * gathers that is synthesized into again and again, are removed.
 */
export function keepAssembly(assemblyDir: string, keptDir: string, notes: Notes): void {
  rmSync(keptDir, { recursive: true, force: true })
  mkdirSync(keptDir, { recursive: true })
  removeUnusedAssets(assemblyDir)
  renameSync(assemblyDir, join(keptDir, 'assembly'))
  writeFileSync(join(keptDir, NOTES), JSON.stringify(notes))
}

/**
 * Takes the kept assembly, if nothing but tasks has changed since it was made: moves it, so that no other process takes
 * it too.
 */
export function takeAssembly(keptDir: string, assemblyDir: string, now: ProjectMarks): KeptAssembly | undefined {
  const file = join(keptDir, NOTES)
  if (!existsSync(file)) return undefined
  try {
    const { marks, tasks } = JSON.parse(readFileSync(file, 'utf8')) as Notes
    const changed = changedMarks(marks, now)
    const taskFiles = new Set(tasks.taskFiles)
    if (changed.some((name) => !taskFiles.has(name))) return undefined
    renameSync(join(keptDir, 'assembly'), assemblyDir)
    return { tasks, marks, tasksChanged: changed.length > 0 }
  } catch {
    // Another process was faster.
    return undefined
  }
}

function removeUnusedAssets(assemblyDir: string): void {
  const names = readdirSync(assemblyDir)
  // Stages have manifests of their own, which may name any asset.
  if (names.some((name) => name.startsWith('assembly-'))) return
  const manifests = names
    .filter((name) => name.endsWith('.assets.json'))
    .map((name) => readFileSync(join(assemblyDir, name), 'utf8'))
  for (const name of names) {
    const isUnused = name.startsWith('asset.') && !manifests.some((text) => text.includes(name))
    if (isUnused) rmSync(join(assemblyDir, name), { recursive: true, force: true })
  }
}
