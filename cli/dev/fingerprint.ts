import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isWatched } from './watch-files.ts'

/** Variables that apps ask for. A synthesis in the background finds out about the others. */
const VARIABLES = /^(AWS_|CDK_|JOBWIRE_|NODE_ENV$|STAGE$|ENV)/

/** What npm, pnpm and yarn write when they install. */
const INSTALLED = ['node_modules/.package-lock.json', 'node_modules/.modules.yaml', 'node_modules/.yarn-state.yml']

/**
 * Returns a hash of the names, sizes and times of all files in a project that are watched, and of what else decides on
 * its assembly. It changes whenever the project has changed.
 */
export function projectFingerprint(folder: string, ignored: readonly string[]): string {
  const hash = createHash('sha256')
  const variables = Object.entries(process.env).filter(([name]) => VARIABLES.test(name))
  hash.update(JSON.stringify([process.version, variables.sort(([a], [b]) => (a < b ? -1 : 1))]))
  const add = (path: string): void => {
    const { size, mtimeMs } = statSync(path)
    hash.update(`${path}\0${size}\0${mtimeMs}\0`)
  }
  const walk = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = join(path, entry.name)
      if (!isWatched(file, ignored)) continue
      if (entry.isDirectory()) walk(file)
      else if (entry.isFile()) add(file)
    }
  }
  walk(folder)
  for (const file of INSTALLED.map((name) => join(folder, name))) if (existsSync(file)) add(file)
  return hash.digest('hex')
}
