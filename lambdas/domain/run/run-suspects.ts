import type { JobInBatch } from '../batch/job-in-batch.ts'
import { firstOf } from '../batch/judge-message.ts'
import type { JobToRun } from '../batch/triage.ts'
import { backoffMs } from '../kit/backoff.ts'
import { errorFields } from '../kit/log.ts'
import type { RunLimit, RunSlots } from '../slots/run-slots.ts'
import { hasTime } from './has-time.ts'
import type { PhasePorts, PhaseTools } from './run-phase.ts'
import { runPhase } from './run-phase.ts'

/** Workers of a lane that run suspects at the same time. The others are free for jobs that are not suspects. */
const WORKERS_FOR_SUSPECTS = 1
/** A slot is free again this long after the deadline of whoever took it, if it was not given back. */
const LEASE_MARGIN_MS = 5_000
/** The wait before a suspect asks again for its turn. */
const TURN_BACKOFF = { baseMs: 2_000, capMs: 15_000 }
/** No namespace has such a name. */
const NO_NAMESPACE = '#suspects'

export interface SuspectPorts {
  readonly slots: RunSlots
}

/**
 * Runs jobs that have lost a run, phase by phase, as long as there is time. Few workers of a lane do so at once:
 * suspects take long, since they run one after the other, and they may crash their worker again.
 */
export async function runSuspects(
  ports: PhasePorts & SuspectPorts,
  tools: PhaseTools,
  phases: readonly (readonly JobToRun[])[],
): Promise<void> {
  const [first] = phases
  if (first === undefined) return
  const turn = turnOf(first[0]!)
  const slots = await takeTurn(ports, turn, tools.deadline)
  if (slots.length === 0) {
    for (const job of phases.flat()) comeAgain(ports, tools, job)
    return
  }
  try {
    for (const phase of phases) {
      const inTime = phase.filter((job) => hasTime(ports, tools, job) && mayRunBeside(tools, job))
      for (const job of phase) if (!inTime.includes(job)) comeAgain(ports, tools, job)
      await runPhase(
        ports,
        tools,
        inTime.map((job) => ({ ...job, turn: slots[0]! })),
      )
    }
  } finally {
    await ports.slots.release(turn, slots)
  }
}

async function takeTurn(
  { slots, log }: PhasePorts & SuspectPorts,
  turn: RunLimit,
  deadline: number,
): Promise<readonly string[]> {
  try {
    return await slots.take(turn, 1, deadline + LEASE_MARGIN_MS)
  } catch (error) {
    log('error', 'No turn could be taken for jobs that lost a run; they come again.', errorFields(error))
    return []
  }
}

/** Gives back the turns of workers that died while they ran these jobs. Nobody else does before the lease ends. */
export async function releaseLostTurns({ slots }: SuspectPorts, jobs: readonly JobInBatch[]): Promise<void> {
  const lost = jobs.flatMap((job) => {
    const name = job.stored.state.run?.turn
    return name === undefined ? [] : [{ name, turn: turnOf(job) }]
  })
  await Promise.all(lost.map(({ name, turn }) => slots.release(turn, [name])))
}

function turnOf({ message }: JobInBatch): RunLimit {
  return { namespace: NO_NAMESPACE, task: message.queue, limit: WORKERS_FOR_SUSPECTS }
}

/** A suspect's new message says what its old one knew, or the search for the culprit would begin anew. */
function comeAgain({ clock, random }: PhasePorts, { putBack }: PhaseTools, job: JobToRun): void {
  const waits = (firstOf(job).message.lost?.waits ?? 0) + 1
  const run = job.stored.state.run?.no ?? 0
  const dueAt = clock.now() + backoffMs(waits, TURN_BACKOFF, random)
  putBack.later(job.items, dueAt, { run, receives: job.unexplained, waits })
}

/**
 * Returns false for a job that must run alone while another task is under way. A task that ignores its timeout may
 * still crash the worker, and the job that runs at that moment would be taken for the culprit.
 */
function mayRunBeside({ underWay }: PhaseTools, { alone }: JobToRun): boolean {
  return underWay.count === 0 || !alone
}
