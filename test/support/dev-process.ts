import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A copy of a fixture app that a test may edit. */
export interface AppCopy {
  readonly folder: string
  write(path: string, text: string): void
  remove(): void
}

/** Copies the fixture into a folder of the repository, where its packages are found. */
export function copyApp(fixture: string): AppCopy {
  const root = process.cwd()
  mkdirSync('.jobwire/apps', { recursive: true })
  const folder = mkdtempSync(join(root, '.jobwire/apps/app-'))
  cpSync(fixture, folder, { recursive: true })
  const app = `node ${join(root, 'scripts/run.mjs')} ${join(folder, 'bin/app.ts')}`
  writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app, context: {} }))
  return {
    folder,
    write: (path, text) => writeFileSync(join(folder, path), text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Makes a folder that has everything of the repository, and nothing that a local cloud of it has written. */
export function linkRepository(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'jobwire-repository-'))
  for (const name of readdirSync('.'))
    if (!name.startsWith('.')) symlinkSync(join(process.cwd(), name), join(folder, name))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface DevProcess {
  readonly url: string
  readonly token: string
  readonly endpoint: string
  readonly outputs: Readonly<Record<string, string>>
  /** The lines that people read. */
  readonly lines: readonly string[]
  /** Resolves with the first line, from now on or before, that matches. */
  lineThat(pattern: RegExp): Promise<string>
  /** Ends the process as Ctrl-C does. Resolves with its exit code. */
  stop(): Promise<number | null>
}

/** Starts `jobwire dev` in a process of its own, and waits until it is ready. */
export async function startDev(folder: string, flags: readonly string[] = []): Promise<DevProcess> {
  const command = ['scripts/run.mjs', 'bin/jobwire.ts', 'dev', '--json', '--port', '0', '--app-dir', folder]
  const child = spawn(process.execPath, [...command, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const lines: string[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  const ready = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`It ended with ${code}:\n${lines.join('\n')}`)))
  })
  return {
    ...(JSON.parse(ready) as Pick<DevProcess, 'url' | 'token' | 'endpoint' | 'outputs'>),
    lines,
    lineThat: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = lines.find((line) => pattern.test(line))
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    stop() {
      child.kill('SIGINT')
      return exited
    },
  }
}
