import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { entryBundle } from '../../scripts/entry-bundle.js'

export interface CliResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** Returns the standard output as one JSON value. */
  json(): any
  /** Returns the standard output as one JSON value for each line. */
  jsonLines(): any[]
}

/** A running command, and the promise of its end. */
export interface CliRun extends Promise<CliResult> {
  /** Presses Ctrl-C. */
  interrupt(): void
  /** Resolves once this text has come out. */
  untilOutput(text: string): Promise<void>
}

export interface CliRunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly cwd?: string
  /** Called with all that has come out so far, and with a function that presses Ctrl-C. */
  readonly onOutput?: (all: string, interrupt: () => void) => void
}

/** Bundles the command line once for many runs. The second function removes the bundle. */
export function buildCli(): { readonly path: string; remove(): void } {
  const path = resolve(`.jobwire/run/jobwire-test-${process.pid}.mjs`)
  buildSync({
    ...entryBundle(process.cwd()),
    entryPoints: ['bin/jobwire.ts'],
    outfile: path,
  })
  return { path, remove: () => rmSync(path, { force: true }) }
}

/** A home of its own, so that no file of the user is read or changed. */
export function emptyHome() {
  const home = mkdtempSync(join(tmpdir(), 'jobwire-home-'))
  return { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_CACHE_HOME: join(home, 'cache') }
}

/** Runs the real command line as a process without a terminal. */
export function runCli(bundle: string, args: readonly string[], options: CliRunOptions = {}): CliRun {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [bundle, ...args], {
    env: { PATH, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  const waiting: { readonly text: string; resolve(): void }[] = []
  const interrupt = () => void child.kill('SIGINT')
  const read = (name: 'stdout' | 'stderr') => (chunk: Buffer) => {
    output[name] += String(chunk)
    const all = output.stdout + output.stderr
    for (const { text, resolve: found } of waiting) if (all.includes(text)) found()
    options.onOutput?.(all, interrupt)
  }
  child.stdout.on('data', read('stdout'))
  child.stderr.on('data', read('stderr'))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  const result = new Promise<CliResult>((settle) => {
    child.once('close', (exitCode) => {
      const { stdout } = output
      const lines = stdout.split('\n').filter((line) => line !== '')
      settle({
        ...output,
        exitCode: exitCode ?? (child.signalCode === 'SIGINT' ? 130 : null),
        json: () => JSON.parse(stdout),
        jsonLines: () => lines.map((line) => JSON.parse(line)),
      })
    })
  })
  return Object.assign(result, {
    interrupt,
    untilOutput: (text: string) =>
      new Promise<void>((found) => {
        if ((output.stdout + output.stderr).includes(text)) found()
        else waiting.push({ text, resolve: found })
      }),
  })
}
