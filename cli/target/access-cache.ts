import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { writePrivately } from './config.ts'
import type { StackPlace } from './target.ts'

/** The address of a deployment, and a token that was signed with its secret. */
export interface Access {
  readonly url: string
  readonly token: string
  readonly expiresAtMs: number
}

/** A token is renewed this long before it ends, so that a command which has just begun can use it. */
const RENEW_BEFORE_MS = 2 * 60_000

/** Returns what was found for the same stack before, as long as its token lasts. */
export async function cachedAccess(place: StackPlace, namespace: string, open: () => Promise<Access>): Promise<Access> {
  const path = cachePath(place, namespace)
  const kept = readAccess(path)
  if (kept !== undefined && kept.expiresAtMs - RENEW_BEFORE_MS > Date.now()) return kept
  const fresh = await open()
  writePrivately(path, JSON.stringify(fresh))
  return fresh
}

function cachePath(place: StackPlace, namespace: string): string {
  const { stack, region, endpointUrl, awsProfile } = place
  const identity = [
    stack,
    region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'],
    endpointUrl,
    awsProfile ?? process.env['AWS_PROFILE'],
    process.env['AWS_ACCESS_KEY_ID'],
    namespace,
  ]
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32)
  const folder = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(folder, 'jobwire', `${name}.json`)
}

function readAccess(path: string): Access | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Access
  } catch {
    return undefined
  }
}
