import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The hash of an assembly's inputs, with the state of each file that it was computed from. */
interface Stamp {
  readonly hash: string
  /** By path: the time of the last change and the size. */
  readonly files: Readonly<Record<string, string>>
}

/**
 * Returns the hash that `path` keeps, if none of its files has changed since. Otherwise computes it and keeps it. To
 * read all imports of all functions takes most of a start's time, and the times of the files tell as much.
 */
export async function hashByStamp(
  path: string,
  inputs: {
    /** Lists the files, with absolute paths. */
    readonly list: () => readonly string[]
    readonly hash: (files: readonly string[]) => Promise<string>
  },
): Promise<string> {
  const kept = readStamp(path)
  if (kept !== undefined && Object.entries(kept.files).every(([file, state]) => fileState(file) === state)) {
    return kept.hash
  }
  const listed = inputs.list()
  // Taken before the files are read: one that changes meanwhile makes the stamp stale, and not wrong.
  const files = Object.fromEntries(listed.map((file) => [file, fileState(file)]))
  const hash = await inputs.hash(listed)
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, JSON.stringify({ hash, files } satisfies Stamp))
  renameSync(temporary, path)
  return hash
}

function readStamp(path: string): Stamp | undefined {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Stamp
  } catch {
    // Half a file, or one of an earlier version: the hash is computed again.
    return undefined
  }
}

function fileState(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats === undefined ? 'missing' : `${stats.mtimeMs} ${stats.size}`
}
