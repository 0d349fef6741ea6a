import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isRunning } from '../is-running.ts'
import { withParents } from '../with-parents.ts'
import { writePrivately } from './config.ts'

/** The file by which a running local cloud tells the commands in its project where it is. */
const DEV_FILE = '.jobwire/dev.json'

export interface DevFile {
  readonly url: string
  readonly socketUrl: string
  /** The endpoint for AWS calls. */
  readonly endpoint: string
  readonly token: string
  readonly pid: number
}

/** Finds the running local cloud of the project that the folder is in, or returns undefined. */
export function findDevFile(folder: string): { readonly path: string; readonly dev: DevFile } | undefined {
  for (const parent of withParents(folder)) {
    const path = join(parent, DEV_FILE)
    const dev = readDevFile(path)
    if (dev !== undefined && isRunning(dev.pid)) return { path, dev }
  }
  return undefined
}

/** Writes the file of a cloud that this process runs in the folder. It is removed when this process ends. */
export function writeDevFile(folder: string, dev: Omit<DevFile, 'pid'>): void {
  const path = join(folder, DEV_FILE)
  writePrivately(path, JSON.stringify({ ...dev, pid: process.pid }))
  process.on('exit', () => {
    // Another process may run in the same project, and its file counts from then on.
    if (readDevFile(path)?.pid === process.pid) rmSync(path, { force: true })
  })
}

/** Returns undefined for a file of another user too: jobs must not go to an address that somebody else chose. */
function readDevFile(path: string): DevFile | undefined {
  try {
    const mine = process.getuid === undefined || statSync(path).uid === process.getuid()
    return mine ? (JSON.parse(readFileSync(path, 'utf8')) as DevFile) : undefined
  } catch {
    return undefined
  }
}
