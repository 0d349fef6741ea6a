import type { JobUpdate, RefusedWatch } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import { refuse } from '../../../protocol/kit/parsed.ts'
import { inParallel } from '../kit/in-parallel.ts'
import { countThatFit, encodeUpdate } from './pack-updates.ts'
import { updateForWatchers } from '../job/tell-job.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobStore, WatchResult } from '../job/job-store.ts'
import type { JobKey } from '../job/stored-job.ts'
import type { Pusher } from './pusher.ts'
import type { Session, SessionRegistry } from '../sessions/session-registry.ts'
import { readWatcher, watcherOf } from '../job/watcher.ts'

const WATCHES_AT_ONCE = 16

/** A full job looks up so many of its watchers, to find some that have no connection any more. */
const LOOKED_UP = 25
/** Other sessions may have taken the room that was just made. */
const ROOM_TRIES = 4

export interface SubscribePorts {
  readonly store: JobStore
  readonly pusher: Pusher
  readonly registry: Pick<SessionRegistry, 'connectionOf'>
  readonly clock: Clock
  /** The time for which a watcher waits for an id that nobody has submitted. */
  readonly waitMs: number
}

export interface Subscribed {
  /** The present states of the known jobs that are watched, as many as fit in one message. The others are pushed. */
  readonly jobs: readonly JobUpdate[]
  /** The jobs that are not watched. */
  readonly refused: readonly RefusedWatch[]
}

/**
 * Watches jobs for a session. A terminal job is only read, because it changes no more. A job that has no room for another
 * watcher is refused alone.
 */
export async function subscribeSession(
  ports: SubscribePorts,
  session: Session,
  ids: readonly string[],
): Promise<Subscribed> {
  const { namespace } = session
  const watcher = watcherOf(session)
  const keys = [...new Set(ids)].map((id) => ({ namespace, id }))
  const known = new Map((await ports.store.load(keys, 'strong', { withInput: true })).map((job) => [job.id, job]))
  const refused: RefusedWatch[] = []
  const updates = await inParallel(keys, WATCHES_AT_ONCE, async (key) => {
    const seen = known.get(key.id)
    if (seen && isTerminal(seen.state.status)) return updateForWatchers(seen)
    const watch = await watchJob(ports, key, watcher)
    if (watch.kind === 'full') refused.push({ id: key.id, error: TOO_MANY_WATCHERS })
    return watch.kind === 'watched' ? updateForWatchers(watch.job) : undefined
  })
  const encoded = updates.filter((update) => update !== undefined).map(encodeUpdate)
  const fitting = countThatFit(encoded, refused.length === 0 ? 0 : JSON.stringify(refused).length)
  const pushed = encoded.slice(fitting).map(({ update }) => ({ namespace, update, watchers: [watcher] }))
  if (pushed.length > 0) await ports.pusher.push(pushed)
  return { jobs: encoded.slice(0, fitting).map(({ update }) => update), refused }
}

/** THROTTLED makes a client ask again. So it gets the result, though no push. Short: 500 of them fit in one message. */
const TOO_MANY_WATCHERS = refuse('THROTTLED', 'The job has too many watchers: ask again in a moment.').error

/** Puts the watcher on a job. If the job is full, makes room by taking off some watchers that have no connection. */
async function watchJob(ports: SubscribePorts, key: JobKey, watcher: string): Promise<WatchResult> {
  const { store, clock, waitMs } = ports
  const watchOnce = (): Promise<WatchResult> => store.watch(key, watcher, clock.now() + waitMs)
  let watch = await watchOnce()
  for (let attempt = 0; watch.kind === 'full' && attempt < ROOM_TRIES; attempt++) {
    const lost = await findLostWatchers(ports, key.namespace, watch.watchers)
    if (lost.length === 0) break
    await store.unwatch(key, lost)
    watch = await watchOnce()
  }
  return watch
}

/** Looks at some of the watchers only, at others each time. */
async function findLostWatchers(
  { registry, clock }: SubscribePorts,
  namespace: string,
  watchers: readonly string[],
): Promise<string[]> {
  const start = clock.now() % watchers.length
  const some = [...watchers.slice(start), ...watchers.slice(0, start)].slice(0, LOOKED_UP)
  const found = await inParallel(some, WATCHES_AT_ONCE, async (watcher) => {
    const { session, connectionId } = readWatcher(watcher)
    return (await registry.connectionOf(namespace, session)) === connectionId ? [] : [watcher]
  })
  return found.flat()
}
