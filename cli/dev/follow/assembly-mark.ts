import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Returns a hash of all that an assembly says. Assets are named after their contents, so they need no look. */
export function assemblyMark(assemblyDir: string): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(assemblyDir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(assemblyDir, entry.name)
    if (entry.isDirectory()) {
      if (entry.name.startsWith('assembly-')) hash.update(assemblyMark(path))
    } else if (entry.name.endsWith('.json') && !UNIMPORTANT.has(entry.name)) {
      hash.update(`${entry.name}\0`).update(readFileSync(path))
    }
  }
  return hash.digest('hex')
}

/** They change without a change of the stacks. */
const UNIMPORTANT = new Set(['tree.json', 'validation-report.json'])
