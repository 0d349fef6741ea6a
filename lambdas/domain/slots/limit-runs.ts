import { isLimit } from '../../../protocol/kit/policy.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Task } from '../../../protocol/job/task.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { RunLimit } from './run-slots.ts'
import type { BatchSlotPorts } from './batch-slots.ts'
import { takeBatchSlots } from './batch-slots.ts'
import { runPolicy } from '../job/retry-policy.ts'
import type { JobToRun } from '../batch/triage.ts'

/** A job waits this long in its batch for a slot that another job of the batch holds. */
const SLOT_WAIT_MS = 2_000
/** After this time a run is over for sure: its worker has stored the outcome or was stopped, and clocks differ. */
const LEASE_MARGIN_MS = 5_000

/** A job of a task that limits its runs. It needs a slot of each of its limits. */
export interface LimitedJob {
  readonly job: JobToRun
  readonly runLimits: readonly RunLimit[]
  readonly timeoutMs: number
}

export interface LimitedRunParts {
  /** Epoch ms at which every run must have ended. */
  readonly deadline: number
  /** Returns true if there is still time for a job. */
  readonly mayBegin: (job: JobToRun) => boolean
  /** Begins a job, and resolves when the next may begin. Calls `onOver` once the job needs its slots no longer. */
  readonly begin: (job: JobToRun, onOver: () => void) => Promise<void>
  /** Has a job come again that got no slot. */
  readonly postpone: (job: JobToRun) => void
}

export interface LimitPorts extends BatchSlotPorts {
  readonly clock: Clock
}

/** The limits of a job, the narrowest first. Most jobs have none. */
export function runLimitsOf({ concurrency }: Task, { namespace, task, group }: QueueMessage): readonly RunLimit[] {
  const { limit, perGroup } = concurrency ?? {}
  return [
    ...(perGroup === undefined || group === undefined ? [] : [{ namespace, task, group, limit: readLimit(perGroup) }]),
    ...(limit === undefined ? [] : [{ namespace, task, limit: readLimit(limit) }]),
  ]
}

/** `defineTask` refuses an invalid limit. For a task made without it, one run at a time is safe. */
function readLimit(limit: unknown): number {
  return isLimit(limit) ? limit : 1
}

export function limitedJob(task: Task, job: JobToRun): LimitedJob | undefined {
  const runLimits = runLimitsOf(task, job.message)
  return runLimits.length === 0 ? undefined : { job, runLimits, timeoutMs: runPolicy(task, job.message).timeoutMs }
}

/**
 * Runs as many jobs of a batch as their tasks allow at once. A slot goes from one job of the batch to the next without
 * a call; a slot that no job can use is given back at once. Resolves when no job waits or runs any more.
 */
export async function runWithinLimits(
  ports: LimitPorts,
  jobs: readonly LimitedJob[],
  { deadline, mayBegin, begin, postpone }: LimitedRunParts,
): Promise<void> {
  if (jobs.length === 0) return
  const longestMs = Math.max(...jobs.map(({ timeoutMs }) => timeoutMs))
  const coveredUntil = Math.min(deadline, ports.clock.now() + SLOT_WAIT_MS + longestMs)
  const batchSlots = await takeBatchSlots(ports, jobs, Math.ceil(coveredUntil + LEASE_MARGIN_MS))
  // A job may begin late, behind jobs that compute without a pause. It must not run on when its slot is free again.
  const isCovered = ({ timeoutMs }: LimitedJob): boolean =>
    Math.min(deadline, ports.clock.now() + timeoutMs) <= coveredUntil
  let waiting = jobs
  let underWay = 0
  let waitIsOver = false
  let wake: () => void = () => undefined
  const cancelWait = ports.clock.after(SLOT_WAIT_MS, () => {
    waitIsOver = true
    wake()
  })
  const beginJob = ({ job, runLimits }: LimitedJob): Promise<void> => {
    const slots = batchSlots.assign(runLimits)
    let isOver = false
    underWay++
    return begin(job, () => {
      if (isOver) return
      isOver = true
      underWay--
      batchSlots.unassign(runLimits, slots)
      wake()
    })
  }

  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const left: LimitedJob[] = []
    for (const each of waiting) {
      if (!mayBegin(each.job) || !isCovered(each)) postpone(each.job)
      else if (batchSlots.hasFree(each.runLimits)) await beginJob(each)
      else left.push(each)
    }
    // A slot that came free while the last job began may be for one of the jobs before it.
    if (left.some(({ runLimits }) => batchSlots.hasFree(runLimits))) {
      waiting = left
      continue
    }
    batchSlots.releaseFree()
    waiting = left.filter(({ job, runLimits }) => {
      const stays = !waitIsOver && batchSlots.hasAssigned(runLimits)
      if (!stays) postpone(job)
      return stays
    })
    if (waiting.length === 0 && underWay === 0) break
    await woken
    // Runs that are stored together are over together: their slots are released in one call.
    await new Promise<void>((resolve) => process.nextTick(resolve))
  }
  cancelWait()
  await batchSlots.released()
}
