import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** SQS takes 1 to 128 letters, digits and punctuation characters, which all that a namespace may contain are. */
const MAX_LENGTH = 128
/** No namespace contains a slash. */
const QUIET = '/~'
const WINDOW_MS = 10_000
/** A group that had as many jobs in the window is not quiet. */
const QUIET_JOBS = 10
/** The quiet message group of a namespace takes as many jobs in the window. */
const QUIET_PLACES = 50
/** Bound the memory. What was used longest ago is forgotten, and counts anew. */
const MAX_GROUPS = 100
const MAX_NAMESPACES = 200

/** Returns the message group of a namespace. Two long names that are cut to the same one only share their turns. */
export function namespaceGroup(namespace: string): string {
  return namespace.slice(0, MAX_LENGTH)
}

function quietGroup(namespace: string): string {
  return namespace.slice(0, MAX_LENGTH - QUIET.length) + QUIET
}

/** Returns the message group of a job that is sent now. */
export type MessageGroups = (message: Pick<QueueMessage, 'namespace' | 'group'>) => string

/**
 * Chooses message groups, which make a queue fair: if one group has many messages in flight, those of the others come
 * first. SQS knows one level of them. So a namespace has one message group, and takes one turn, however many groups its
 * jobs have. It has a second one, for a few jobs: those of groups that send little. They do not wait behind a flood of
 * another group of their namespace. What this process has sent in the last ten seconds decides.
 *
 * @example
 * const groupOf = createMessageGroups(clock)
 * groupOf({ namespace: 'acme', group: 'imports' }) // 'acme/~', and after ten such jobs 'acme'
 */
export function createMessageGroups(clock: Clock): MessageGroups {
  const namespaces = new LatestUsed<NamespaceTraffic>(MAX_NAMESPACES)
  return ({ namespace, group = '' }) => {
    const traffic = namespaces.get(namespace) ?? {
      quiet: new LatestTimes(QUIET_PLACES),
      groups: new LatestUsed<LatestTimes>(MAX_GROUPS),
    }
    namespaces.set(namespace, traffic)
    return isQuiet(traffic, group, clock.now()) ? quietGroup(namespace) : namespaceGroup(namespace)
  }
}

interface NamespaceTraffic {
  /** When jobs went to the quiet message group. */
  readonly quiet: LatestTimes
  /** When jobs of each group were sent. A group is remembered only once it has had a quiet place. */
  readonly groups: LatestUsed<LatestTimes>
}

function isQuiet({ quiet, groups }: NamespaceTraffic, group: string, now: number): boolean {
  const hasPlace = !quiet.isFull(now)
  const sent = groups.get(group) ?? (hasPlace ? new LatestTimes(QUIET_JOBS) : undefined)
  if (sent === undefined) return false
  const takesPlace = hasPlace && !sent.isFull(now)
  sent.add(now)
  groups.set(group, sent)
  if (takesPlace) quiet.add(now)
  return takesPlace
}

/** Tells whether so many things have happened within the window. */
class LatestTimes {
  readonly #count: number
  readonly #times: number[] = []

  constructor(count: number) {
    this.#count = count
  }

  isFull(now: number): boolean {
    return this.#times.length === this.#count && this.#times[0]! > now - WINDOW_MS
  }

  add(now: number): void {
    this.#times.push(now)
    if (this.#times.length > this.#count) this.#times.shift()
  }
}

/** Keeps the values that were set last. */
class LatestUsed<Value> {
  readonly #limit: number
  readonly #values = new Map<string, Value>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(name: string): Value | undefined {
    return this.#values.get(name)
  }

  set(name: string, value: Value): void {
    this.#values.delete(name)
    this.#values.set(name, value)
    if (this.#values.size <= this.#limit) return
    const [oldest] = this.#values.keys()
    this.#values.delete(oldest!)
  }
}
