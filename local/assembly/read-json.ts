import { readFileSync } from 'node:fs'
import { AssemblyError } from './assembly-error.ts'

/** Reads a file that `cdk synth` has written. */
export function readJson<T>(path: string): T {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    throw new AssemblyError(`Cannot read ${path}: ${(error as Error).message}. Run \`cdk synth\` again.`)
  }
}
