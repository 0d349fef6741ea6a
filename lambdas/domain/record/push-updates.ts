import { backoffMs, pause } from '../kit/backoff.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { EncodedUpdate } from './pack-updates.ts'
import { countThatFit, encodeUpdate } from './pack-updates.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import { inParallel } from '../kit/in-parallel.ts'
import type { JobStore } from '../job/job-store.ts'
import type { PostMessage } from './post-message.ts'
import type { Push, Pusher } from './pusher.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import { readWatcher } from '../job/watcher.ts'

export interface PusherParts {
  readonly post: PostMessage
  readonly registry: SessionRegistry
  readonly store: Pick<JobStore, 'unwatch'>
  readonly clock: Clock
  readonly log: Log
}

const TRIES = 6
const RETRY = { baseMs: 100, capMs: 2_000 }
/** The number of connections remembered as gone, so that not every push of a batch has to find it out again. */
const GONE_KEPT = 1_000
const WRITES_AT_ONCE = 8

/** One update on its way to one session. */
interface Parcel {
  readonly namespace: string
  readonly session: string
  readonly encoded: EncodedUpdate
  /** The connections that this update was sent to, or waits for. All parcels of the update share this set. */
  readonly tried: Set<string>
  /** True if the connection comes from the registry and not from the job's watchers. */
  readonly redirected: boolean
  /** `isLost` is true if the watcher's connection is gone, and its session has no other. */
  readonly done: (isLost: boolean) => void
}

/** The parcels that wait for one connection. Those that come while a message is sent share the next message. */
interface ConnectionQueue {
  readonly connectionId: string
  readonly waiting: Parcel[]
}

/**
 * Pushes updates over the socket. Updates for one connection share messages. If a connection is gone, its session is
 * looked up once in the registry; if the session has no other, it is taken off the watchers of a job that goes on, and
 * subscribes again when it comes back. A throttled post waits and tries again. Any other failure is logged; the client
 * gets the update when it resumes.
 */
export function createPusher(parts: PusherParts): Pusher {
  const queues = new Map<string, ConnectionQueue>()
  const gone = new Set<string>()
  /** Watchers without any connection. */
  const lost = new Set<string>()

  function enqueue(connectionId: string, parcels: readonly Parcel[]): void {
    const queue = queues.get(connectionId)
    if (queue !== undefined) {
      queue.waiting.push(...parcels)
      return
    }
    const opened = { connectionId, waiting: [...parcels] }
    queues.set(connectionId, opened)
    void drain(opened)
  }

  async function drain(queue: ConnectionQueue): Promise<void> {
    while (queue.waiting.length > 0) {
      const parcels = queue.waiting.splice(0, countThatFit(queue.waiting.map(({ encoded }) => encoded)))
      if (gone.has(queue.connectionId) || (await sendParcels(parts, queue.connectionId, parcels)) === 'gone') {
        // A watcher's connection has been open. A connection from the registry may still be opening, which is a 410 too:
        // remembered as gone, it would never get a push from this process again.
        if (parcels.some(({ redirected }) => !redirected)) remember(gone, queue.connectionId)
        await redirect(queue.connectionId, parcels)
      } else {
        for (const parcel of parcels) parcel.done(false)
      }
    }
    queues.delete(queue.connectionId)
  }

  /** Hands parcels for a connection that is gone to the one that their session has now. */
  async function redirect(goneConnection: string, parcels: readonly Parcel[]): Promise<void> {
    for (const group of groupBySession(parcels)) {
      const { namespace, session } = group[0]!
      const found = await lookUpConnection(parts, namespace, session)
      const current = found?.connectionId
      const worthTrying = current !== undefined && current !== goneConnection && !gone.has(current)
      const hasNone = found !== undefined && (current === undefined || current === goneConnection)
      const again = group.filter(({ tried }) => worthTrying && !tried.has(current))
      for (const { tried } of again) tried.add(current!)
      if (again.length > 0) {
        enqueue(
          current!,
          again.map((parcel) => ({ ...parcel, redirected: true })),
        )
      }
      for (const parcel of group) if (!again.includes(parcel)) parcel.done(hasNone && !parcel.redirected)
    }
  }

  return {
    async push(pushes) {
      const byConnection = new Map<string, Parcel[]>()
      const isLost = (watcher: string): boolean => lost.has(watcher)
      const addressed = pushes.map((push) => ({ push, parcels: addressParcels(push, byConnection, isLost) }))
      for (const [connectionId, parcels] of byConnection) enqueue(connectionId, parcels)
      await inParallel(addressed, WRITES_AT_ONCE, async ({ push, parcels }) => {
        const found = (await Promise.all(parcels)).filter((watcher) => watcher !== undefined)
        for (const watcher of found) remember(lost, watcher)
        if (found.length > 0 && !isTerminal(push.update.status)) await takeOff(parts, push, found)
      })
    },
  }
}

/**
 * Adds the parcels of a push to their connections. Returns a promise for each that resolves once it was tried, with the
 * watcher if that was found to be lost.
 */
function addressParcels(
  push: Push,
  byConnection: Map<string, Parcel[]>,
  isLost: (watcher: string) => boolean,
): Promise<string | undefined>[] {
  const encoded = encodeUpdate(push.update)
  const watchers = push.watchers.filter((watcher) => !isLost(watcher))
  const tried = new Set(watchers.map((watcher) => readWatcher(watcher).connectionId))
  return watchers.map((watcher) => {
    const { session, connectionId } = readWatcher(watcher)
    return new Promise((resolve) => {
      const done: Parcel['done'] = (wasLost) => resolve(wasLost ? watcher : undefined)
      const parcel = { namespace: push.namespace, session, encoded, tried, redirected: false, done }
      const parcels = byConnection.get(connectionId)
      if (parcels === undefined) byConnection.set(connectionId, [parcel])
      else parcels.push(parcel)
    })
  })
}

/** Never rejects: a watcher that stays is tried once more by other processes. */
async function takeOff({ store, log }: PusherParts, { namespace, update }: Push, watchers: string[]): Promise<void> {
  try {
    await store.unwatch({ namespace, id: update.id }, watchers)
  } catch (error) {
    log('warn', 'Watchers without a connection could not be taken off.', { jobId: update.id, ...errorFields(error) })
  }
}

async function sendParcels(
  { post, clock, log }: PusherParts,
  connectionId: string,
  parcels: readonly Parcel[],
): Promise<'tried' | 'gone'> {
  const message = `{"type":"jobs","jobs":[${parcels.map(({ encoded }) => encoded.json).join(',')}]}`
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await pause(clock, backoffMs(attempt, RETRY))
    try {
      const { kind } = await post(connectionId, message)
      if (kind === 'gone') return 'gone'
      if (kind === 'sent') return 'tried'
    } catch (error) {
      log('error', 'A push failed.', { connectionId, jobId: parcels[0]?.encoded.update.id, ...errorFields(error) })
      return 'tried'
    }
  }
  log('warn', 'A connection took no push for too long.', { connectionId, updates: parcels.length })
  return 'tried'
}

/** Returns undefined if the registry could not be read. */
async function lookUpConnection(
  { registry, log }: PusherParts,
  namespace: string,
  session: string,
): Promise<{ readonly connectionId: string | undefined } | undefined> {
  try {
    return { connectionId: await registry.connectionOf(namespace, session) }
  } catch (error) {
    log('error', 'A session could not be looked up.', { session, ...errorFields(error) })
    return undefined
  }
}

/** Usually makes one group, because a connection belongs to one session. */
function groupBySession(parcels: readonly Parcel[]): Iterable<readonly Parcel[]> {
  const groups = new Map<string, Parcel[]>()
  for (const parcel of parcels) {
    const name = `${parcel.namespace}#${parcel.session}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [parcel])
    else group.push(parcel)
  }
  return groups.values()
}

function remember(names: Set<string>, name: string): void {
  names.add(name)
  if (names.size <= GONE_KEPT) return
  const [oldest] = names
  names.delete(oldest!)
}
