import { dirname } from 'node:path'

/** Returns a folder and all folders above it, the nearest first. */
export function withParents(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...withParents(parent)]
}
