import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskCatalog } from '../../protocol/job/task-catalog.ts'

/** What the next start needs besides the assembly itself. */
export interface AssemblyNotes {
  /** The fingerprint of the sources that the assembly was made of. */
  readonly fingerprint: string
  readonly catalog: TaskCatalog
  readonly taskFiles: readonly string[]
}

const NOTES = 'notes.json'

/**
 * Keeps an assembly for the next start, by moving it. Only one is kept. Assets of older assemblies, which a folder
 * gathers that is synthesized into again and again, are removed.
 */
export function keepAssembly(assemblyDir: string, keptDir: string, notes: AssemblyNotes): void {
  rmSync(keptDir, { recursive: true, force: true })
  mkdirSync(keptDir, { recursive: true })
  const names = readdirSync(assemblyDir)
  const manifests = names
    .filter((name) => name.endsWith('.assets.json'))
    .map((name) => readFileSync(join(assemblyDir, name), 'utf8'))
  const unused = names.filter((name) => name.startsWith('asset.') && !manifests.some((text) => text.includes(name)))
  // Stages have manifests of their own, which may name any asset.
  const hasStages = names.some((name) => name.startsWith('assembly-'))
  if (!hasStages) for (const name of unused) rmSync(join(assemblyDir, name), { recursive: true, force: true })
  renameSync(assemblyDir, join(keptDir, 'assembly'))
  writeFileSync(join(keptDir, NOTES), JSON.stringify(notes))
}

/** Takes the kept assembly, if it was made of the same sources: moves it, so that no other process takes it too. */
export function takeAssembly(keptDir: string, assemblyDir: string, fingerprint: string): AssemblyNotes | undefined {
  const file = join(keptDir, NOTES)
  if (!existsSync(file)) return undefined
  try {
    const notes = JSON.parse(readFileSync(file, 'utf8')) as AssemblyNotes
    if (notes.fingerprint !== fingerprint) return undefined
    renameSync(join(keptDir, 'assembly'), assemblyDir)
    return notes
  } catch {
    // Another process was faster.
    return undefined
  }
}
