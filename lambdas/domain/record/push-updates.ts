import { backoffMs, pause } from '../kit/backoff.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { EncodedUpdate } from './pack-updates.ts'
import { countThatFit, encodeUpdate } from './pack-updates.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { PostMessage } from './post-message.ts'
import type { Push, Pusher } from './pusher.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import { readWatcher } from '../job/watcher.ts'

export interface PusherParts {
  readonly post: PostMessage
  readonly registry: SessionRegistry
  readonly clock: Clock
  readonly log: Log
}

const TRIES = 6
const RETRY = { baseMs: 100, capMs: 2_000 }
/** The number of connections remembered as gone, so that not every push of a batch has to find it out again. */
const GONE_KEPT = 1_000

/** One update on its way to one session. */
interface Parcel {
  readonly namespace: string
  readonly session: string
  readonly encoded: EncodedUpdate
  /** The connections that this update was sent to, or waits for. All parcels of the update share this set. */
  readonly tried: Set<string>
  /** True if the connection comes from the registry and not from the job's watchers. */
  readonly redirected: boolean
  readonly done: () => void
}

/** The parcels that wait for one connection. Those that come while a message is sent share the next message. */
interface ConnectionQueue {
  readonly connectionId: string
  readonly waiting: Parcel[]
}

/**
 * Pushes updates over the socket. Updates for one connection share messages. If a connection is gone, its session is
 * looked up once in the registry. A throttled post waits and tries again. Any other failure is logged; the client gets
 * the update when it resumes.
 */
export function createPusher(parts: PusherParts): Pusher {
  const queues = new Map<string, ConnectionQueue>()
  const gone = new Set<string>()

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
        if (parcels.some(({ redirected }) => !redirected)) rememberGone(gone, queue.connectionId)
        await redirect(queue.connectionId, parcels)
      } else {
        for (const parcel of parcels) parcel.done()
      }
    }
    queues.delete(queue.connectionId)
  }

  /** Hands parcels for a connection that is gone to the one that their session has now. */
  async function redirect(goneConnection: string, parcels: readonly Parcel[]): Promise<void> {
    for (const group of groupBySession(parcels)) {
      const { namespace, session } = group[0]!
      const current = await lookUpConnection(parts, namespace, session)
      const worthTrying = current !== undefined && current !== goneConnection && !gone.has(current)
      const again = group.filter(({ tried }) => worthTrying && !tried.has(current))
      for (const { tried } of again) tried.add(current!)
      if (again.length > 0) {
        enqueue(
          current!,
          again.map((parcel) => ({ ...parcel, redirected: true })),
        )
      }
      for (const parcel of group) if (!again.includes(parcel)) parcel.done()
    }
  }

  return {
    async push(pushes) {
      const byConnection = new Map<string, Parcel[]>()
      const all = pushes.flatMap((push) => addressParcels(push, byConnection))
      for (const [connectionId, parcels] of byConnection) enqueue(connectionId, parcels)
      await Promise.all(all)
    },
  }
}

/** Adds the parcels of a push to their connections. Returns a promise for each that resolves once it was tried. */
function addressParcels(push: Push, byConnection: Map<string, Parcel[]>): Promise<void>[] {
  const encoded = encodeUpdate(push.update)
  const watchers = push.watchers.map(readWatcher)
  const tried = new Set(watchers.map(({ connectionId }) => connectionId))
  return watchers.map(({ session, connectionId }) => {
    return new Promise<void>((done) => {
      const parcel = { namespace: push.namespace, session, encoded, tried, redirected: false, done }
      const parcels = byConnection.get(connectionId)
      if (parcels === undefined) byConnection.set(connectionId, [parcel])
      else parcels.push(parcel)
    })
  })
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

async function lookUpConnection(
  { registry, log }: PusherParts,
  namespace: string,
  session: string,
): Promise<string | undefined> {
  try {
    return await registry.connectionOf(namespace, session)
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

function rememberGone(gone: Set<string>, connectionId: string): void {
  gone.add(connectionId)
  if (gone.size <= GONE_KEPT) return
  const [oldest] = gone
  gone.delete(oldest!)
}
