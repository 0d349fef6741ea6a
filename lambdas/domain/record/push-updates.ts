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
/** Connections known to be gone, so that not every push of a batch finds it out anew. */
const GONE_KEPT = 1_000

/** One update on its way to one session. */
interface Parcel {
  readonly namespace: string
  readonly session: string
  readonly encoded: EncodedUpdate
  /** Connections that this update went to, or is on its way to. Shared by all parcels of the update. */
  readonly tried: Set<string>
  /** Whether the connection was found in the registry, not among the job's watchers. */
  readonly redirected: boolean
  readonly done: () => void
}

/** What waits for one connection. Its messages go one after the other: what comes meanwhile shares the next one. */
interface Line {
  readonly connectionId: string
  readonly waiting: Parcel[]
}

/**
 * Pushes updates over the socket, coalesced by connection. A connection that is gone is looked up once in the
 * registry; a caller that is too fast waits and tries again; whatever else goes wrong is logged, and left to
 * the client's resume.
 */
export function createPusher(parts: PusherParts): Pusher {
  const lines = new Map<string, Line>()
  const gone = new Set<string>()

  function enqueue(connectionId: string, parcels: readonly Parcel[]): void {
    const line = lines.get(connectionId)
    if (line !== undefined) {
      line.waiting.push(...parcels)
      return
    }
    const opened = { connectionId, waiting: [...parcels] }
    lines.set(connectionId, opened)
    void drain(opened)
  }

  async function drain(line: Line): Promise<void> {
    while (line.waiting.length > 0) {
      const parcels = line.waiting.splice(0, countThatFit(line.waiting.map(({ encoded }) => encoded)))
      if (gone.has(line.connectionId) || (await sendParcels(parts, line.connectionId, parcels)) === 'gone') {
        // A watcher's connection has been open. One from the registry may be opening still, which is a 410 as well:
        // taken for gone, it would get no push from this process ever again.
        if (parcels.some(({ redirected }) => !redirected)) rememberGone(gone, line.connectionId)
        await redirect(line.connectionId, parcels)
      } else {
        for (const parcel of parcels) parcel.done()
      }
    }
    lines.delete(line.connectionId)
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

/** Adds the parcels of a push to their connections; the promises resolve once each parcel was tried. */
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

/** As a rule one group: a connection belongs to one session. */
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
