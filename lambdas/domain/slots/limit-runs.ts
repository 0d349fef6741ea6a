import { isLimit } from '../../../protocol/kit/policy.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Task } from '../../../protocol/job/task.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { RunSlots, SlotPool } from './run-slots.ts'
import { policyOf } from '../job/retry-policy.ts'
import type { JobToRun } from '../batch/triage.ts'

/** How long a job waits in its batch for a slot that a neighbour holds. */
const PATIENCE_MS = 2_000
/** Until nothing of a run can be left: its worker stores what came of it, or is stopped, and clocks differ. */
const LEASE_MARGIN_MS = 5_000

/** A job of a task that limits its runs. It needs a slot of each of its pools. */
export interface LimitedJob {
  readonly job: JobToRun
  readonly pools: readonly SlotPool[]
  readonly timeoutMs: number
}

export interface LimitedRunParts {
  /** Epoch ms at which every run must have ended. */
  readonly deadline: number
  /** Whether there is still time for a job. */
  readonly mayBegin: (job: JobToRun) => boolean
  /** Begins a job, and resolves when the next may begin. Calls `over` once the job holds its slots no longer. */
  readonly begin: (job: JobToRun, over: () => void) => Promise<void>
  /** Has a job come again that got no slot. */
  readonly turnAway: (job: JobToRun) => void
}

export interface LimitPorts {
  readonly slots: RunSlots
  readonly clock: Clock
  readonly log: Log
}

/** What limits a job, the narrowest first. None for most. */
export function poolsOf({ concurrency }: Task, { namespace, task, group }: QueueMessage): readonly SlotPool[] {
  const { limit, perGroup } = concurrency ?? {}
  return [
    ...(perGroup === undefined || group === undefined ? [] : [{ namespace, task, group, limit: read(perGroup) }]),
    ...(limit === undefined ? [] : [{ namespace, task, limit: read(limit) }]),
  ]
}

/** `defineTask` refuses what is no limit. Of a task made otherwise, one run at a time breaks nothing. */
function read(limit: unknown): number {
  return isLimit(limit) ? limit : 1
}

export function limitedJob(task: Task, job: JobToRun): LimitedJob | undefined {
  const pools = poolsOf(task, job.message)
  return pools.length === 0 ? undefined : { job, pools, timeoutMs: policyOf(task, job.message).timeoutMs }
}

/**
 * Runs as many of a batch's jobs as their tasks allow at once. A slot goes from one job to the next of the batch
 * without a call; what no job can use is given back at once. Resolves when no job waits or runs any more.
 */
export async function runWithinLimits(
  ports: LimitPorts,
  jobs: readonly LimitedJob[],
  { deadline, mayBegin, begin, turnAway }: LimitedRunParts,
): Promise<void> {
  if (jobs.length === 0) return
  const longestMs = Math.max(...jobs.map(({ timeoutMs }) => timeoutMs))
  const coveredUntil = Math.min(deadline, ports.clock.now() + PATIENCE_MS + longestMs)
  const desk = await openDesk(ports, jobs, Math.ceil(coveredUntil + LEASE_MARGIN_MS))
  // A job that begins late, behind neighbours that compute without a pause, must not run on when its slot is free again.
  const isCovered = ({ timeoutMs }: LimitedJob): boolean =>
    Math.min(deadline, ports.clock.now() + timeoutMs) <= coveredUntil
  let waiting = jobs
  let underWay = 0
  let outOfPatience = false
  let wake: () => void = () => undefined
  const cancelPatience = ports.clock.after(PATIENCE_MS, () => {
    outOfPatience = true
    wake()
  })
  const beginJob = ({ job, pools }: LimitedJob): Promise<void> => {
    const slots = desk.hold(pools)
    let isOver = false
    underWay++
    return begin(job, () => {
      if (isOver) return
      isOver = true
      underWay--
      desk.putDown(pools, slots)
      wake()
    })
  }

  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const left: LimitedJob[] = []
    for (const each of waiting) {
      if (!mayBegin(each.job) || !isCovered(each)) turnAway(each.job)
      else if (desk.hasFree(each.pools)) await beginJob(each)
      else left.push(each)
    }
    // What came free while the last one began may be for one of those before it.
    if (left.some(({ pools }) => desk.hasFree(pools))) {
      waiting = left
      continue
    }
    desk.giveBack()
    waiting = left.filter(({ job, pools }) => {
      const stays = !outOfPatience && desk.hasHeld(pools)
      if (!stays) turnAway(job)
      return stays
    })
    if (waiting.length === 0 && underWay === 0) break
    await woken
    // Runs that are stored together are over together: what they give back goes in one call.
    await new Promise<void>((resolve) => process.nextTick(resolve))
  }
  cancelPatience()
  await desk.close()
}

/** The slots that this batch has, pool by pool. */
interface Desk {
  hasFree(pools: readonly SlotPool[]): boolean
  /** Whether runs of this batch have slots of all these pools, that will come free. */
  hasHeld(pools: readonly SlotPool[]): boolean
  /** Takes a free slot of each pool. */
  hold(pools: readonly SlotPool[]): readonly string[]
  putDown(pools: readonly SlotPool[], slots: readonly string[]): void
  /** Gives back what is free. */
  giveBack(): void
  close(): Promise<void>
}

interface Stock {
  readonly pool: SlotPool
  readonly free: string[]
  held: number
}

async function openDesk(ports: LimitPorts, jobs: readonly LimitedJob[], until: number): Promise<Desk> {
  const stocks = new Map<string, Stock>()
  const stockOf = (pool: SlotPool): Stock => stocks.get(nameOf(pool))!
  const releases: Promise<void>[] = []

  // The narrow pools first: a job that gets no slot of its group must not keep one of its task from another's.
  const depth = Math.max(...jobs.map(({ pools }) => pools.length))
  let candidates = jobs
  for (let level = depth; level > 0; level--) {
    const asking = groupByPool(candidates, level)
    await Promise.all(
      [...asking].map(async ([name, { pool, members }]) => {
        stocks.set(name, { pool, free: [...(await take(ports, pool, members.length, until))], held: 0 })
      }),
    )
    candidates = [...asking.values()]
      .flatMap(({ pool, members }) => members.slice(0, stockOf(pool).free.length))
      .concat(candidates.filter(({ pools }) => pools.length < level))
  }

  return {
    hasFree: (pools) => pools.every((pool) => (stocks.get(nameOf(pool))?.free.length ?? 0) > 0),
    hasHeld: (pools) => pools.every((pool) => (stocks.get(nameOf(pool))?.held ?? 0) > 0),
    hold: (pools) =>
      pools.map((pool) => {
        const stock = stockOf(pool)
        stock.held++
        return stock.free.pop()!
      }),
    putDown(pools, slots) {
      for (const [index, pool] of pools.entries()) {
        const stock = stockOf(pool)
        stock.held--
        stock.free.push(slots[index]!)
      }
    },
    giveBack() {
      for (const { pool, free } of stocks.values()) {
        if (free.length > 0) releases.push(ports.slots.release(pool, free.splice(0)))
      }
    },
    async close() {
      await Promise.all(releases)
    },
  }
}

/** The jobs that ask next for a slot of each pool, where `level` of their pools are left to ask. */
function groupByPool(
  jobs: readonly LimitedJob[],
  level: number,
): Map<string, { readonly pool: SlotPool; readonly members: LimitedJob[] }> {
  const groups = new Map<string, { readonly pool: SlotPool; readonly members: LimitedJob[] }>()
  for (const job of jobs) {
    const pool = job.pools.at(-level)
    if (pool === undefined) continue
    const group = groups.get(nameOf(pool))
    if (group === undefined) groups.set(nameOf(pool), { pool, members: [job] })
    else group.members.push(job)
  }
  return groups
}

/** A pool that cannot be reached has no slots: nothing runs that may be too much, and everything comes again. */
async function take(
  { slots, log }: LimitPorts,
  pool: SlotPool,
  count: number,
  until: number,
): Promise<readonly string[]> {
  try {
    return await slots.take(pool, count, until)
  } catch (error) {
    const { namespace, task } = pool
    log('error', 'No slots could be taken; the jobs come again.', { namespace, task, ...errorFields(error) })
    return []
  }
}

function nameOf({ namespace, task, group }: SlotPool): string {
  return JSON.stringify(group === undefined ? [namespace, task] : [namespace, task, group])
}
