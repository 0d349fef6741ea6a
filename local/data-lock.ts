import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

interface Holder {
  readonly pid: number
  /** Tells a process from a later one with the same pid. Only set where the system knows it. */
  readonly startedAt?: string
}

const heldHere = new Set<string>()

/**
 * Takes a data directory for this process, and makes it if it is not there. Throws if another live cloud has it. The
 * lock of a dead process counts for nothing, however it died.
 */
export function lockDataDirectory(dataDir: string): { release(): void } {
  const directory = resolve(dataDir)
  const path = join(directory, 'lock')
  mkdirSync(directory, { recursive: true })
  const holder = readHolder(path)
  if (holder !== undefined && isAlive(holder, path)) {
    throw new Error(
      `${dataDir} is in use by another local cloud (process ${holder.pid}). End that one, or use another directory.`,
    )
  }
  if (holder !== undefined) rmSync(path, { force: true })
  takeExclusively(path, dataDir)
  heldHere.add(path)
  return {
    release() {
      if (heldHere.delete(path)) rmSync(path, { force: true })
    },
  }
}

function takeExclusively(path: string, dataDir: string): void {
  const startedAt = readProcess(process.pid)?.startedAt
  const holder: Holder = { pid: process.pid, ...(startedAt === undefined ? {} : { startedAt }) }
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Error(`${dataDir} was taken by another local cloud at the same moment. Use another directory.`, {
      cause: error,
    })
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    // The machine crashed while it was written: no live process holds it.
    return error instanceof SyntaxError ? { pid: 0 } : raise(error)
  }
}

function isAlive({ pid, startedAt }: Holder, path: string): boolean {
  if (pid === process.pid) return heldHere.has(path)
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // A process of another user may not be signalled, but it exists.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const found = readProcess(pid)
  if (found === undefined) return true
  // A zombie is dead: it only keeps its number, until its parent asks how it ended.
  if (found.state.startsWith('Z')) return false
  return startedAt === undefined || startedAt === found.startedAt
}

interface ProcessFacts {
  /** `R`, `S`, `Z`, … */
  readonly state: string
  readonly startedAt: string
}

/** Returns undefined if the system does not tell. */
function readProcess(pid: number): ProcessFacts | undefined {
  try {
    return process.platform === 'linux' ? readProcStat(pid) : readPs(pid)
  } catch {
    return undefined
  }
}

/** Reads the 3rd and the 22nd field of `/proc/<pid>/stat`, counted from behind the name, which may have spaces. */
function readProcStat(pid: number): ProcessFacts {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0]!, startedAt: fields[19]! }
}

function readPs(pid: number): ProcessFacts {
  // The same process has the same text in every locale and time zone.
  const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [state = '', ...start] = line.trim().split(/\s+/)
  return { state, startedAt: start.join(' ') }
}

function raise(error: unknown): never {
  throw error
}
