import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface CloudProcess {
  readonly pid: number
  readonly url: string
  readonly socketUrl: string
  readonly token: string
  readonly endpoint: string
  readonly outputs: Readonly<Record<string, string>>
  /** The time from the start of the process to its line of JSON. */
  readonly readyMs: number
  /** Ends the process as Ctrl-C does. Resolves with its exit code. */
  stop(): Promise<number | null>
  /** Kills the process, as a crash would. */
  kill(): Promise<void>
}

/** Starts a local cloud as a user does, in its own process, and waits until it is ready. */
export async function startCloudProcess(flags: readonly string[] = [], cwd = process.cwd()): Promise<CloudProcess> {
  const startMs = performance.now()
  const child = spawn(
    process.execPath,
    ['scripts/run.mjs', 'bin/jobwire.ts', 'start', '--json', '--port', '0', ...flags],
    { cwd, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const ready = await firstLine(child)
  return {
    ...(JSON.parse(ready) as Pick<CloudProcess, 'url' | 'socketUrl' | 'token' | 'endpoint' | 'outputs'>),
    pid: child.pid!,
    readyMs: performance.now() - startMs,
    stop() {
      child.kill('SIGINT')
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaints = ''
    child.stderr!.on('data', (chunk: Buffer) => {
      complaints += String(chunk)
    })
    child.once('exit', (code) =>
      reject(new Error(`The local cloud ended with ${code} before it was ready: ${complaints}`)),
    )
    createInterface({ input: child.stdout! }).once('line', resolve)
  })
}
