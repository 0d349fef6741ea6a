import type { JobUpdate } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { Parsed, Refusal } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import { inParallel } from '../kit/in-parallel.ts'
import { countThatFit, encodeUpdate } from './pack-updates.ts'
import { updateForWatchers } from '../job/tell-job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobStore } from '../job/job-store.ts'
import type { Pusher } from './pusher.ts'
import type { Session } from '../sessions/session-registry.ts'
import { watcherOf } from '../job/watcher.ts'

const WATCHES_AT_ONCE = 16

export interface SubscribePorts {
  readonly store: JobStore
  readonly pusher: Pusher
  readonly clock: Clock
  /** The time for which a watcher waits for an id that nobody has submitted. */
  readonly waitMs: number
}

/**
 * Watches jobs for a session. Returns the present states of the known jobs, as many as fit in one message, and pushes the
 * others. A terminal job is only read, because it changes no more. Refuses if a job has no room
 * for another watcher; by then the other jobs are watched, and their states are pushed.
 */
export async function subscribeSession(
  ports: SubscribePorts,
  session: Session,
  ids: readonly string[],
): Promise<Parsed<JobUpdate[]>> {
  const { namespace } = session
  const watcher = watcherOf(session)
  const keys = [...new Set(ids)].map((id) => ({ namespace, id }))
  const known = new Map((await ports.store.load(keys, 'strong', { withInput: true })).map((job) => [job.id, job]))
  const waitUntil = ports.clock.now() + ports.waitMs
  let fullId: string | undefined
  const updates = await inParallel(keys, WATCHES_AT_ONCE, async (key) => {
    const seen = known.get(key.id)
    if (seen && isTerminal(seen.state.status)) return updateForWatchers(seen)
    const watch = await ports.store.watch(key, watcher, waitUntil)
    if (watch.kind === 'full') fullId = key.id
    return watch.kind === 'watched' ? updateForWatchers(watch.job) : undefined
  })
  const encoded = updates.filter((update) => update !== undefined).map(encodeUpdate)
  const fitting = fullId === undefined ? countThatFit(encoded) : 0
  const pushed = encoded.slice(fitting).map(({ update }) => ({ namespace, update, watchers: [watcher] }))
  if (pushed.length > 0) await ports.pusher.push(pushed)
  if (fullId !== undefined) return refuseWatcher(fullId)
  return accept(encoded.slice(0, fitting).map(({ update }) => update))
}

/** THROTTLED makes a client ask again. So it gets the result, though no push. */
function refuseWatcher(id: string): Refusal {
  const message = `Job "${id}" is watched by as many connections as it can be: ask again in a moment, or get it by REST.`
  return refuse('THROTTLED', message)
}
