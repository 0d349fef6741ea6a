import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'

/** The places to search. The defaults are this process's own. */
export interface BinarySearch {
  readonly platform?: string
  readonly arch?: string
  /** Directories whose `node_modules`, or their parents', may hold the package with the binary. */
  readonly startDirs?: readonly string[]
  readonly pathVariable?: string
}

/**
 * Finds the Dynoxide binary: first in the npm package of this platform, then on PATH.
 *
 * @example
 * findDynoxide() // '/project/node_modules/@dynoxide/linux-x64/dynoxide'
 */
export function findDynoxide({
  platform = process.platform,
  arch = process.arch,
  startDirs = [process.cwd(), programFolder()],
  pathVariable = process.env['PATH'] ?? '',
}: BinarySearch = {}): string {
  const file = platform === 'win32' ? 'dynoxide.exe' : 'dynoxide'
  const candidates = [
    ...startDirs.flatMap(withParents).map((dir) => join(dir, 'node_modules/@dynoxide', `${platform}-${arch}`, file)),
    ...pathVariable
      .split(delimiter)
      .filter((dir) => dir !== '')
      .map((dir) => join(dir, file)),
  ]
  const found = candidates.find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error(
    `DynamoDB needs the Dynoxide binary, and there is none for ${platform}-${arch}: neither the npm package ` +
      `@dynoxide/${platform}-${arch} nor \`${file}\` on PATH. It is an optional dependency: install your packages ` +
      `again with the optional ones (npm leaves them out with --omit=optional). If there is no package for this ` +
      `machine, put a Dynoxide of your own on PATH: https://github.com/nubo-db/dynoxide`,
  )
}

/** The program may be started by a link, like node_modules/.bin/jobwire, and needs the packages of its own place. */
function programFolder(): string {
  const program = resolve(process.argv[1] ?? '.')
  return dirname(existsSync(program) ? realpathSync(program) : program)
}

function withParents(directory: string): string[] {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [directory, ...withParents(parent)]
}
