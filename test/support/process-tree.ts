import { execFileSync } from 'node:child_process'

interface Row {
  readonly pid: number
  readonly parent: number
  readonly rssKb: number
}

function rows(): Row[] {
  // POSIX columns: the same on Linux and macOS.
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' })
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, rssKb] = line.trim().split(/\s+/).map(Number)
      return { pid: pid!, parent: parent!, rssKb: rssKb! }
    })
}

function descendants(all: readonly Row[], root: number): Row[] {
  const own = all.filter((row) => row.pid === root)
  const children = all.filter((row) => row.parent === root)
  return [...own, ...children.flatMap((child) => descendants(all, child.pid))]
}

/** Returns the pids of the process and of all that it started. */
export function processTree(rootPid: number): number[] {
  return descendants(rows(), rootPid).map((row) => row.pid)
}

/** Returns the resident memory of the process and of all that it started. */
export function memoryOfTreeMb(rootPid: number): number {
  return descendants(rows(), rootPid).reduce((sum, row) => sum + row.rssKb, 0) / 1024
}

/** Returns the resident memory of the process alone. */
export function memoryOfProcessMb(pid: number): number {
  return rows().find((row) => row.pid === pid)!.rssKb / 1024
}
