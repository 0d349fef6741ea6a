import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The file by which a running local cloud tells the commands in its project where it is. */
export const DEV_FILE = '.jobwire/dev.json'

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
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, DEV_FILE)
    const dev = readDevFile(path)
    if (dev !== undefined && isRunning(dev.pid)) return { path, dev }
    if (at === dirname(at)) return undefined
  }
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

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
