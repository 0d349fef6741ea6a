import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { esbuildAliases } from '../../scripts/package-aliases.js'

export interface CliResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** The standard output as one JSON value. */
  readonly json: () => any
  /** The standard output as one JSON value for each line. */
  readonly jsonLines: () => any[]
}

export interface CliRunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly cwd?: string
  /** Called with each text that comes out, and with a function that presses Ctrl-C. */
  readonly onOutput?: (all: string, interrupt: () => void) => void
}

/** Bundles the command line once for many runs. The second function removes the bundle. */
export function buildCli(): { readonly path: string; remove(): void } {
  const path = resolve(`.jobwire/run/jobwire-test-${process.pid}.mjs`)
  buildSync({
    entryPoints: ['bin/jobwire.ts'],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
    alias: esbuildAliases(process.cwd()),
  })
  return { path, remove: () => rmSync(path, { force: true }) }
}

/** A home of its own, so that no file of the user is read or changed. */
export function emptyHome(): Readonly<Record<string, string>> {
  const home = mkdtempSync(join(tmpdir(), 'jobwire-home-'))
  return { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_CACHE_HOME: join(home, 'cache') }
}

/** Runs the real command line as a process without a terminal. */
export function runCli(bundle: string, args: readonly string[], options: CliRunOptions = {}): Promise<CliResult> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['--enable-source-maps', bundle, ...args], {
    env: { PATH, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const interrupt = () => child.kill('SIGINT')
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += String(chunk)
    options.onOutput?.(stdout + stderr, interrupt)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += String(chunk)
    options.onOutput?.(stdout + stderr, interrupt)
  })
  child.stdin.end(options.stdin ?? '')
  return new Promise((settle) => {
    child.once('close', (exitCode) => {
      settle({
        exitCode,
        stdout,
        stderr,
        json: () => JSON.parse(stdout),
        jsonLines: () =>
          stdout
            .trim()
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line)),
      })
    })
  })
}
