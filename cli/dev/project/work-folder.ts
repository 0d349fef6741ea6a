import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRunning } from '../../is-running.ts'

/** The places of `jobwire dev` in a project, all of them below `.jobwire`. */
export interface WorkFolder {
  /** Files of this process alone. */
  readonly own: string
  readonly compileCache: string
  /** Keeps the secrets of the local cloud, so that tokens outlive a restart. */
  readonly secretsFile: string
  /** Keeps the assembly for the next start. */
  readonly keptDir: string
  /** Removes the files of this process. */
  remove(): void
}

/** Makes the folder. Nothing in it is for Git, and it has secrets, so it belongs to this user alone. */
export function openWorkFolder(project: string): WorkFolder {
  const path = join(project, '.jobwire')
  const processes = join(path, 'dev')
  const own = join(processes, String(process.pid))
  mkdirSync(processes, { recursive: true })
  chmodSync(path, 0o700)
  writeFileSync(join(path, '.gitignore'), '*\n')
  removeLeft(processes)
  rmSync(own, { recursive: true, force: true })
  mkdirSync(own)
  // Bundles are CommonJS, also in a project of ES modules.
  writeFileSync(join(own, 'package.json'), '{ "type": "commonjs" }')
  return {
    own,
    compileCache: join(path, 'compile-cache'),
    secretsFile: join(path, 'secrets.json'),
    keptDir: join(processes, 'kept'),
    remove: () => rmSync(own, { recursive: true, force: true }),
  }
}

/** Removes what processes left behind that were killed. */
function removeLeft(processes: string): void {
  for (const name of readdirSync(processes)) {
    if (/^\d+$/.test(name) && !isRunning(Number(name))) rmSync(join(processes, name), { recursive: true, force: true })
  }
}
