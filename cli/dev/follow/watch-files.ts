import { createHash } from 'node:crypto'
import { type FSWatcher, readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { isWatched } from '../project/watched-paths.ts'

/** Tells when files have changed. */
export interface FileWatch {
  /** Also watches these files, which may be outside of the folder. */
  add(files: readonly string[]): void
  close(): void
}

export interface WatchOptions {
  /** Folders, by their whole path, of which nothing is told. */
  readonly ignored: readonly string[]
  /** Called with the whole paths of the files that have changed, once the changes pause. */
  readonly onChange: (files: readonly string[]) => void
}

/** Editors write a file in several steps. */
const PAUSE_MS = 40
/** A larger file counts as changed by its size and time. */
const MAX_HASHED_BYTES = 1_000_000

/**
 * Watches a folder with all in it, except `node_modules` and whatever begins with a dot. Each folder has a watch of its
 * own: Node's recursive watch on Linux would walk through `node_modules`.
 */
export function watchFiles(folder: string, { ignored, onChange }: WatchOptions): FileWatch {
  const changes = collectChanges(onChange)
  const watches = new Map<string, FSWatcher>()
  /** The files that count in folders outside. */
  const outside = new Map<string, Set<string>>()

  function watchFolder(path: string, onEvent: (file: string) => void): boolean {
    if (watches.has(path)) return false
    try {
      const folderWatch = watch(path, (_event, name) => {
        if (name !== null) onEvent(join(path, name))
      })
      folderWatch.on('error', () => forget(path))
      watches.set(path, folderWatch)
      return true
    } catch {
      // It has gone meanwhile, or may not be read.
      return false
    }
  }

  /** Files of a new folder were perhaps written before it was watched, so they count as touched. */
  function watchTree(path: string, isNew: boolean): void {
    const isWatchedNow = watchFolder(path, (file) => {
      if (!isWatched(file, ignored)) return
      if (isFolder(file)) return watchTree(file, true)
      // A folder that is made again later needs new watches.
      for (const known of watches.keys()) if (known === file || known.startsWith(file + sep)) forget(known)
      changes.touch(file)
    })
    if (!isWatchedNow) return
    for (const entry of readFolder(path)) {
      const file = join(path, entry.name)
      if (!isWatched(file, ignored)) continue
      if (entry.isDirectory()) watchTree(file, isNew)
      else if (isNew) changes.touch(file)
    }
  }

  function forget(path: string): void {
    watches.get(path)?.close()
    watches.delete(path)
  }

  watchTree(folder, false)
  return {
    add(files) {
      for (const file of files) {
        const parent = dirname(file)
        const known = outside.get(parent)
        known?.add(file)
        if (known !== undefined || watches.has(parent)) continue
        const wanted = new Set([file])
        outside.set(parent, wanted)
        watchFolder(parent, (changed) => {
          if (wanted.has(changed)) changes.touch(changed)
        })
      }
    },
    close() {
      changes.close()
      for (const path of watches.keys()) forget(path)
    },
  }
}

/**
 * Collects touched files until they pause. A file that was written again with the same contents has not changed, so that
 * what a build writes does not start the next build.
 */
function collectChanges(onChange: (files: readonly string[]) => void) {
  const marks = new Map<string, string>()
  let touched = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  function tell(): void {
    const changed = [...touched].filter((file) => {
      const mark = fileMark(file)
      const isNews = marks.get(file) !== mark
      marks.set(file, mark)
      return isNews
    })
    touched = new Set()
    if (changed.length > 0) onChange(changed)
  }

  return {
    touch(file: string): void {
      touched.add(file)
      clearTimeout(timer)
      timer = setTimeout(tell, PAUSE_MS)
    },
    close: () => clearTimeout(timer),
  }
}

function fileMark(file: string): string {
  try {
    const { size, mtimeMs } = statSync(file)
    if (size > MAX_HASHED_BYTES) return `${size} ${mtimeMs}`
    return createHash('sha1').update(readFileSync(file)).digest('hex')
  } catch {
    return 'gone'
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}
