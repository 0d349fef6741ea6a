import { existsSync, readFileSync } from 'node:fs'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { writeAtomically } from '../../atomic-file.ts'
import type { Queue } from './queue.ts'
import { type QueueSettings, readNewSettings, writeSettings } from './queue-settings.ts'

/** A queue that CreateQueue made, as the data directory keeps it. */
export interface ScratchQueue {
  readonly name: string
  readonly settings: QueueSettings
  readonly tags: Readonly<Record<string, string>>
}

interface Line {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}

/** Reads the queues that calls made before the last restart. Without a path there are none. */
export function readScratchQueues(path: string | undefined): readonly ScratchQueue[] {
  if (path === undefined || !existsSync(path)) return []
  try {
    const lines = JSON.parse(readFileSync(path, 'utf8')) as readonly Line[]
    return lines.map(({ name, attributes, tags }) => ({ name, tags, settings: readNewSettings(attributes) }))
  } catch (cause) {
    throw new AssemblyError(`${path} cannot be read. Delete it to start without the queues that calls have made.`, {
      cause,
    })
  }
}

export function writeScratchQueues(path: string | undefined, queues: readonly Queue[]): void {
  if (path === undefined) return
  const lines = queues.map(({ name, settings, tags }): Line => ({
    name,
    attributes: writeSettings(settings),
    tags: Object.fromEntries(tags),
  }))
  writeAtomically(path, JSON.stringify(lines, null, 2))
}
