import type { JobInBatch } from '../batch/job-in-batch.ts'
import type { JobToRun } from '../batch/triage.ts'
import type { ChangeRecorder, RecorderPorts } from '../record/record-changes.ts'
import { createChangeRecorder } from '../record/record-changes.ts'
import type { LimitedJob, LimitPorts } from '../slots/limit-runs.ts'
import { limitedJob, runWithinLimits } from '../slots/limit-runs.ts'
import { waitForSlot } from '../slots/wait-for-slot.ts'
import { hasTime } from './has-time.ts'
import type { BatchTools, RunJobPorts } from './run-job.ts'
import { comeLater, runJob } from './run-job.ts'

/** If a job took so long to begin, its task blocked the thread. */
const BLOCKED_MS = 50

export interface PhasePorts extends RunJobPorts, LimitPorts, RecorderPorts {}

export interface PhaseTools extends Omit<BatchTools, 'recorder'> {
  readonly guard: (job: JobInBatch, action: () => Promise<void>) => Promise<void>
}

/**
 * Runs jobs side by side. Each begins once the one before it waits for something. Otherwise tasks that compute without
 * a pause would run in one go: the output of the first would be stored only when the last has ended, and never if
 * Lambda stops the function before.
 */
export async function runPhase(ports: PhasePorts, tools: PhaseTools, phase: readonly JobToRun[]): Promise<void> {
  if (phase.length === 0) return
  const recorder = createChangeRecorder(ports, phase.length)
  const runs: Promise<void>[] = []
  const begin = async (job: JobToRun, onOver?: () => void): Promise<void> => {
    const begunAt = ports.clock.now()
    const jobTools = { ...tools, recorder: onOver === undefined ? recorder : notifyingOnceStored(recorder, onOver) }
    runs.push(tools.guard(job, () => runJob(ports, jobTools, job)).finally(onOver))
    // Not a whole turn of the event loop: short jobs that begin together must be stored together.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    if (ports.clock.now() - begunAt >= BLOCKED_MS) await recorder.settled()
  }
  const limited = phase.flatMap((job) => limitedJobOf(ports, job) ?? [])
  for (const job of phase) {
    if (limited.some((each) => each.job === job)) continue
    if (hasTime(ports, tools, job)) await begin(job)
    else comeLater(ports, tools, job)
  }
  await runWithinLimits(ports, limited, {
    deadline: tools.deadline,
    mayBegin: (job) => hasTime(ports, tools, job),
    begin,
    postpone: (job) => waitForSlot(ports, tools.putBack, job),
  })
  await Promise.all(runs)
}

function limitedJobOf({ tasks }: PhasePorts, job: JobToRun): LimitedJob | undefined {
  const { task } = job.message
  return Object.hasOwn(tasks, task) ? limitedJob(tasks[task]!, job) : undefined
}

/** Calls `onOver` once the end of a job is stored, for the jobs that wait for it. They do not wait for its push. */
function notifyingOnceStored(recorder: ChangeRecorder, onOver: () => void): ChangeRecorder {
  return {
    ...recorder,
    finish(job, change) {
      const recording = recorder.finish(job, change)
      recording.stored.then(onOver, onOver)
      return recording
    },
  }
}
