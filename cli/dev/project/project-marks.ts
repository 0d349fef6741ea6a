import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isWatched } from './watched-paths.ts'

/** The size and time of each file of a project, by its path, and what else decides on its assembly. */
export type ProjectMarks = Readonly<Record<string, string>>

/** Variables that apps ask for. A synthesis in the background finds out about the others. */
const VARIABLES = /^(AWS_|CDK_|JOBWIRE_|NODE_ENV$|STAGE$|ENV)/

/** The files that npm, pnpm and yarn write when they install. */
const INSTALLED = ['node_modules/.package-lock.json', 'node_modules/.modules.yaml', 'node_modules/.yarn-state.yml']

/** Takes the marks of all files that are watched. */
export function takeMarks(folder: string, ignored: readonly string[]): ProjectMarks {
  const variables = Object.entries(process.env).filter(([name]) => VARIABLES.test(name))
  const marks: Record<string, string> = {
    node: process.version,
    variables: JSON.stringify(variables.sort(([a], [b]) => (a < b ? -1 : 1))),
  }
  const add = (path: string): void => {
    const { size, mtimeMs } = statSync(path)
    marks[path] = `${size} ${mtimeMs}`
  }
  const walk = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const file = join(path, entry.name)
      if (!isWatched(file, ignored)) continue
      if (entry.isDirectory()) walk(file)
      else if (entry.isFile()) add(file)
    }
  }
  walk(folder)
  for (const file of INSTALLED.map((name) => join(folder, name))) if (existsSync(file)) add(file)
  return marks
}

/** Returns the names whose marks differ, or that only one side has. */
export function changedMarks(before: ProjectMarks, after: ProjectMarks): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => before[name] !== after[name])
}
