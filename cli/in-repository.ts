import { findOwnFolder, isPrebuilt } from '../lib/own-folder.ts'

/** Returns true if this runs from the sources, and not from the installed package. */
export function isInRepository(): boolean {
  return !isPrebuilt(findOwnFolder())
}
