import type { JobUpdate } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import { inParallel } from '../kit/in-parallel.ts'
import { countThatFit, encodeUpdate } from './pack-updates.ts'
import { tellOf } from '../job/tell-job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobStore } from '../job/job-store.ts'
import type { Pusher } from './pusher.ts'
import type { Session } from '../sessions/session-registry.ts'
import { TooManyWatchersError } from '../job/too-many-watchers.ts'
import { watcherOf } from '../job/watcher.ts'

const WATCHES_AT_ONCE = 16

export interface SubscribePorts {
  readonly store: JobStore
  readonly pusher: Pusher
  readonly clock: Clock
  /** How long an id that nobody has submitted is waited for. */
  readonly waitMs: number
}

/**
 * Watches jobs for a session and returns the present state of those that are known, as far as they fit one
 * message; the others are pushed. What is terminal is only read, for nothing will follow. Rejects with a
 * `TooManyWatchersError` where one has no room for another watcher; by then the others are watched, and pushed.
 */
export async function subscribeSession(
  ports: SubscribePorts,
  session: Session,
  ids: readonly string[],
): Promise<JobUpdate[]> {
  const { namespace } = session
  const watcher = watcherOf(session)
  const keys = [...new Set(ids)].map((id) => ({ namespace, id }))
  const known = new Map((await ports.store.load(keys, 'strong', { withInput: true })).map((job) => [job.id, job]))
  const waitUntil = ports.clock.now() + ports.waitMs
  let full: TooManyWatchersError | undefined
  const updates = await inParallel(keys, WATCHES_AT_ONCE, async (key) => {
    const seen = known.get(key.id)
    if (seen && isTerminal(seen.state.status)) return tellOf(seen)
    const job = await ports.store.watch(key, watcher, waitUntil).catch((error: unknown) => {
      if (!(error instanceof TooManyWatchersError)) throw error
      full = error
      return undefined
    })
    return job && tellOf(job)
  })
  const encoded = updates.filter((update) => update !== undefined).map(encodeUpdate)
  const fitting = full === undefined ? countThatFit(encoded) : 0
  const pushed = encoded.slice(fitting).map(({ update }) => ({ namespace, update, watchers: [watcher] }))
  if (pushed.length > 0) await ports.pusher.push(pushed)
  if (full !== undefined) throw full
  return encoded.slice(0, fitting).map(({ update }) => update)
}
