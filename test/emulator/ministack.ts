import { execFileSync, spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** The version that the suite's allowances were written for. */
const VERSION = '1.5.33'
const READY_WITHIN_MS = 60_000

export interface Emulator {
  readonly endpoint: string
  stop(): Promise<void>
}

/** Installs MiniStack into its own virtual environment, once, and starts it on a free port of this machine. */
export async function startMiniStack(workDir: string): Promise<Emulator> {
  const venv = join(workDir, `ministack-${VERSION}`)
  const program = join(venv, 'bin/ministack')
  if (!existsSync(program)) install(venv)
  const port = await freePort()
  const logFile = join(workDir, 'ministack.log')
  const log = openSync(logFile, 'w')
  const child = spawn(program, [], {
    stdio: ['ignore', log, log],
    // Without BIND_HOST it would listen on every interface. Its functions run in child processes: its own process group
    // ends all of them.
    env: { ...process.env, GATEWAY_PORT: String(port), BIND_HOST: '127.0.0.1', PERSIST_STATE: '0' },
    detached: true,
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const endpoint = `http://127.0.0.1:${port}`
  await untilHealthy(endpoint, () => child.exitCode !== null, logFile)
  return {
    endpoint,
    async stop() {
      process.kill(-child.pid!, 'SIGTERM')
      await exited
    },
  }
}

function install(venv: string): void {
  process.stdout.write(`Installing MiniStack ${VERSION} into a virtual environment (once) …\n`)
  try {
    execFileSync('python3', ['-m', 'venv', venv], { stdio: ['ignore', 'ignore', 'inherit'] })
    execFileSync(
      join(venv, 'bin/pip'),
      ['install', '--quiet', '--disable-pip-version-check', `ministack==${VERSION}`],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
  } catch (error) {
    throw new Error(
      'MiniStack could not be installed: Python 3.10 or later with venv and pip is needed. ' +
        'Or start an emulator yourself and set AWS_ENDPOINT_URL.',
      { cause: error },
    )
  }
}

async function untilHealthy(endpoint: string, hasExited: () => boolean, logFile: string): Promise<void> {
  const deadlineMs = Date.now() + READY_WITHIN_MS
  while (Date.now() < deadlineMs && !hasExited()) {
    try {
      if ((await fetch(`${endpoint}/_localstack/health`)).ok) return
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`MiniStack did not become ready. Its log ends:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('No free port.')),
      )
    })
  })
}
