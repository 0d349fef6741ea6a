import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import type { LogEntry } from '../../context.ts'

export interface DynoxideProcess {
  readonly endpoint: string
  close(): Promise<void>
}

export interface DynoxideOptions {
  readonly binary: string
  /** The SQLite file. Absent: in memory. */
  readonly databasePath?: string
  readonly log: (entry: LogEntry) => void
}

/**
 * Runs Dynoxide, and kills it when the pipe on its own input ends. The kernel ends the pipe however this process dies,
 * kill -9 included, so Dynoxide can never outlive it. The supervisor ends last: once it is gone, no process is left.
 */
const SUPERVISOR = `
exec 3<&0
"$@" 3<&- </dev/null &
dynoxide=$!
{ while read -r _ <&3; do :; done; kill -KILL $dynoxide; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $dynoxide
status=$?
kill -KILL $watcher 2>/dev/null
wait $watcher
exit $status
`

const START_ATTEMPTS = 5
const START_TIMEOUT_MS = 10_000
const CLOSE_WITHIN_MS = 2_000

/** Starts Dynoxide on a free port of 127.0.0.1 and resolves once it listens. */
export async function startDynoxide(options: DynoxideOptions): Promise<DynoxideProcess> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return await runDynoxide(options, port)
    } catch (error) {
      // Another process may have taken the free port before Dynoxide could.
      if (attempt === START_ATTEMPTS || !/in use/i.test(String(error))) throw error
    }
  }
}

async function runDynoxide({ binary, databasePath, log }: DynoxideOptions, port: number): Promise<DynoxideProcess> {
  const args = ['--host', '127.0.0.1', '--port', String(port)]
  if (databasePath !== undefined) args.push('--db-path', databasePath)
  const child = spawnSupervised(binary, args)
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  await listening(child, exited)

  let closing = false
  void exited.then((reason) => {
    child.stdin?.destroy()
    if (!closing) log({ source: 'dynamodb', level: 'error', message: `Dynoxide ended unexpectedly (${reason}).` })
  })
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      closing = true
      child.stdin?.destroy()
      if (process.platform === 'win32') child.kill()
      // Happens only if somebody stopped or killed the supervisor. It leads its own process group, which Dynoxide is
      // in.
      const timer = setTimeout(() => killGroup(child), CLOSE_WITHIN_MS)
      await exited
      clearTimeout(timer)
    },
  }
}

function spawnSupervised(binary: string, args: readonly string[]): ChildProcess {
  if (process.platform === 'win32') {
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    const kill = (): void => void child.kill()
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    return child
  }
  // Runs in its own session: Ctrl-C in a terminal must not end the tables while functions still finish on them.
  return spawn('/bin/sh', ['-c', SUPERVISOR, 'dynoxide', binary, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined || process.platform === 'win32') return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended in the meantime.
  }
}

/** Dynoxide prints a line when it listens. If it ends before, its output says why. */
async function listening(child: ChildProcess, exited: Promise<string>): Promise<void> {
  let said = ''
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => reject(new Error(`Dynoxide did not start (${reason}): ${said.trim()}`))
      const hear = (chunk: Buffer): void => {
        if (said.length < 10_000) said += chunk.toString()
        if (/listening/i.test(said)) resolve()
      }
      child.stdout?.on('data', hear)
      child.stderr?.on('data', hear)
      void exited.then(fail)
      timer = setTimeout(() => fail(`no word after ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
    })
  } catch (error) {
    child.stdin?.destroy()
    child.kill()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
