import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { RunLimit, RunSlots } from './run-slots.ts'

/** The slots that one batch has taken, by run limit. A slot is free, or assigned to a run of this batch. */
export interface BatchSlots {
  /** Returns true if there is a free slot of each limit. */
  hasFree(runLimits: readonly RunLimit[]): boolean
  /** Returns true if runs of this batch have slots of all these limits, which will come free. */
  hasAssigned(runLimits: readonly RunLimit[]): boolean
  /** Takes a free slot of each limit for a run, and returns their names. */
  assign(runLimits: readonly RunLimit[]): readonly string[]
  /** Makes the slots of a run that is over free again. */
  unassign(runLimits: readonly RunLimit[], slots: readonly string[]): void
  /** Begins to release the slots that are free. */
  releaseFree(): void
  /** Resolves once every release has ended. */
  released(): Promise<void>
}

export interface BatchSlotPorts {
  readonly slots: RunSlots
  readonly log: Log
}

/** A job that needs a slot of each of its limits, the narrowest first. */
export interface SlotSeeker {
  readonly runLimits: readonly RunLimit[]
}

interface LimitSlots {
  readonly runLimit: RunLimit
  readonly free: string[]
  assigned: number
}

/** Takes the slots of a batch, until `until` (epoch ms). */
export async function takeBatchSlots(
  ports: BatchSlotPorts,
  jobs: readonly SlotSeeker[],
  until: number,
): Promise<BatchSlots> {
  const taken = await takeNarrowFirst(ports, jobs, until)
  const slotsOf = (runLimit: RunLimit): LimitSlots => taken.get(limitName(runLimit))!
  const releases: Promise<void>[] = []
  return {
    hasFree: (runLimits) => runLimits.every((each) => (taken.get(limitName(each))?.free.length ?? 0) > 0),
    hasAssigned: (runLimits) => runLimits.every((each) => (taken.get(limitName(each))?.assigned ?? 0) > 0),
    assign: (runLimits) =>
      runLimits.map((each) => {
        const limitSlots = slotsOf(each)
        limitSlots.assigned++
        return limitSlots.free.pop()!
      }),
    unassign(runLimits, slots) {
      for (const [index, each] of runLimits.entries()) {
        const limitSlots = slotsOf(each)
        limitSlots.assigned--
        limitSlots.free.push(slots[index]!)
      }
    },
    releaseFree() {
      for (const { runLimit, free } of taken.values()) {
        if (free.length > 0) releases.push(ports.slots.release(runLimit, free.splice(0)))
      }
    },
    async released() {
      await Promise.all(releases)
    },
  }
}

/** A job without a slot of its group asks for none of its task: it would keep that slot from another job. */
async function takeNarrowFirst(
  ports: BatchSlotPorts,
  jobs: readonly SlotSeeker[],
  until: number,
): Promise<ReadonlyMap<string, LimitSlots>> {
  const taken = new Map<string, LimitSlots>()
  const depth = Math.max(...jobs.map(({ runLimits }) => runLimits.length))
  let candidates = jobs
  for (let level = depth; level > 0; level--) {
    const asking = groupByLimit(candidates, level)
    await Promise.all(
      [...asking].map(async ([name, { runLimit, members }]) => {
        taken.set(name, { runLimit, free: [...(await takeSlots(ports, runLimit, members.length, until))], assigned: 0 })
      }),
    )
    candidates = [...asking]
      .flatMap(([name, { members }]) => members.slice(0, taken.get(name)!.free.length))
      .concat(candidates.filter(({ runLimits }) => runLimits.length < level))
  }
  return taken
}

interface LimitGroup {
  readonly runLimit: RunLimit
  readonly members: SlotSeeker[]
}

/** The jobs by the limit that they ask next, where `level` of their limits are left to ask. */
function groupByLimit(jobs: readonly SlotSeeker[], level: number): Map<string, LimitGroup> {
  const groups = new Map<string, LimitGroup>()
  for (const job of jobs) {
    const runLimit = job.runLimits.at(-level)
    if (runLimit === undefined) continue
    const group = groups.get(limitName(runLimit))
    if (group === undefined) groups.set(limitName(runLimit), { runLimit, members: [job] })
    else group.members.push(job)
  }
  return groups
}

/** If the call fails there are no slots: nothing runs beyond its limit, and every job comes again. */
async function takeSlots(
  { slots, log }: BatchSlotPorts,
  runLimit: RunLimit,
  count: number,
  until: number,
): Promise<readonly string[]> {
  try {
    return await slots.take(runLimit, count, until)
  } catch (error) {
    const { namespace, task } = runLimit
    log('error', 'No slots could be taken; the jobs come again.', { namespace, task, ...errorFields(error) })
    return []
  }
}

function limitName({ namespace, task, group }: RunLimit): string {
  return JSON.stringify(group === undefined ? [namespace, task] : [namespace, task, group])
}
