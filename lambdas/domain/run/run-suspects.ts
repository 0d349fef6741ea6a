import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobInBatch } from '../batch/job-in-batch.ts'
import type { JobToRun } from '../batch/triage.ts'
import { isOverdue, lostRunOf, waitsOf } from '../batch/triage.ts'
import { errorFields } from '../kit/log.ts'
import type { RunLimit, RunSlots } from '../slots/run-slots.ts'
import { hasTime } from './has-time.ts'
import type { PhasePorts, PhaseTools } from './run-phase.ts'
import { runPhase } from './run-phase.ts'

/** Workers of a lane that run suspects at the same time. The others are free for jobs that are not suspects. */
const WORKERS_FOR_SUSPECTS = 2
/** One namespace has one of them at most: a crash takes its worker out for 18 seconds, and others must not wait for it. */
const WORKERS_FOR_A_NAMESPACE = 1
/** A slot is free again this long after the deadline of the worker that took it, if it was not given back. */
const LEASE_MARGIN_MS = 5_000
/** Suspects wait this long for the other jobs of their batch to end. */
const WAIT_FOR_OTHERS_MS = 1_000
/**
 * Suspects ask again for their turn in rounds, all suspects of a round at the same second. So a batch has many of them,
 * and a turn serves as many: with a wait by chance each would come alone, and the last of forty after minutes.
 */
const ROUND_MS = 4_000
/** A suspect that has waited for so many rounds leaves out one more each time. */
const PATIENT_WAITS = 8
/** Between the names of the two slots of a turn, which have hexadecimal digits and hyphens. */
const TURN_SEPARATOR = '/'
/** No namespace has such a name. */
const NO_NAMESPACE = '#suspects'

export interface SuspectPorts {
  readonly slots: RunSlots
}

type Phases = readonly (readonly JobToRun[])[]

/**
 * Runs the jobs of a batch, and then those that have lost a run, phase by phase. Suspects that would wait for long come
 * again instead, in another batch. One that has done so too often runs at once, and the others go to another worker.
 */
export async function runWithSuspects(
  ports: PhasePorts & SuspectPorts,
  tools: PhaseTools,
  together: readonly JobToRun[],
  suspects: Phases,
): Promise<void> {
  if (suspects.length === 0) return runPhase(ports, tools, together)
  if (suspects.flat().some(isOverdue)) {
    const ran = await runSuspects(ports, tools, suspects, () => {
      for (const { items } of together) tools.putBack.later(items, ports.clock.now())
    })
    if (!ran) await runPhase(ports, tools, together)
    return
  }
  const others = runPhase(ports, tools, together)
  if (await endsWithin(ports.clock, WAIT_FOR_OTHERS_MS, others)) await runSuspects(ports, tools, suspects)
  else for (const job of suspects.flat()) comeAgain(ports, tools, job)
  await others
}

/**
 * Runs suspects as long as there is time. Few workers of a lane do so at once: suspects take long, since they run one
 * after the other, and they may crash their worker again. Returns false if it was not this worker's turn.
 */
async function runSuspects(
  ports: PhasePorts & SuspectPorts,
  tools: PhaseTools,
  phases: Phases,
  onTurn: () => void = () => undefined,
): Promise<boolean> {
  const turn = await takeTurn(ports, phases.flat(), tools.deadline)
  if (turn.size === 0) {
    for (const job of phases.flat()) comeAgain(ports, tools, job)
    return false
  }
  onTurn()
  try {
    for (const phase of phases) {
      // A job that must run alone does so only if no turn of another namespace would be lost with it.
      const isItsTurn = ({ alone, message }: JobToRun): boolean =>
        turn.has(message.namespace) && (turn.size === 1 || !alone)
      const mayRun = (job: JobToRun): boolean =>
        isItsTurn(job) && hasTime(ports, tools, job) && mayRunBeside(tools, job)
      const inTime = phase.filter(mayRun)
      for (const job of phase) if (!inTime.includes(job)) comeAgain(ports, tools, job)
      await runPhase(
        ports,
        tools,
        inTime.map((job) => ({ ...job, turn: turn.get(job.message.namespace)! })),
      )
    }
  } finally {
    await releaseTurns(ports, phases.flat(), (job) => turn.get(job.message.namespace))
  }
  return true
}

/**
 * Takes a turn of the lane for this worker, and one for each namespace whose suspects may run beside others. Of the
 * namespaces whose suspects must run alone it takes one only: if such a job crashes its worker, the turns of the others
 * would be lost with it. Returns the names of the turns by namespace: none if it is the turn of other workers.
 */
async function takeTurn(
  { slots, log }: PhasePorts & SuspectPorts,
  suspects: readonly JobToRun[],
  deadline: number,
): Promise<ReadonlyMap<string, string>> {
  const until = deadline + LEASE_MARGIN_MS
  const laneLimit = limitOfLane(suspects[0]!)
  const turn = new Map<string, string>()
  const takeOne = async (limit: RunLimit): Promise<string | undefined> => {
    try {
      return (await slots.take(limit, 1, until))[0]
    } catch (error) {
      log('error', 'No turn could be taken for jobs that lost a run; they come again.', errorFields(error))
      return undefined
    }
  }
  const laneSlot = await takeOne(laneLimit)
  if (laneSlot === undefined) return turn
  const take = async (job: JobToRun): Promise<boolean> => {
    const slot = await takeOne(limitOfNamespace(job))
    if (slot !== undefined) turn.set(job.message.namespace, `${laneSlot}${TURN_SEPARATOR}${slot}`)
    return slot !== undefined
  }
  const beside = suspects.filter(({ alone }) => !alone)
  await Promise.all(oneOfEachNamespace(beside).map(take))
  if (beside.length === 0) for (const job of oneOfEachNamespace(suspects)) if (await take(job)) break
  if (turn.size === 0) await slots.release(laneLimit, [laneSlot])
  return turn
}

function oneOfEachNamespace(jobs: readonly JobToRun[]): JobToRun[] {
  return [...new Map(jobs.map((job) => [job.message.namespace, job])).values()]
}

/** Gives back the turns of workers that died while they ran these jobs. Nobody else does before the lease ends. */
export async function releaseLostTurns(ports: SuspectPorts, jobs: readonly JobInBatch[]): Promise<void> {
  await releaseTurns(ports, jobs, (job) => job.stored.state.run?.turn)
}

async function releaseTurns<Job extends JobInBatch>(
  { slots }: SuspectPorts,
  jobs: readonly Job[],
  turnOf: (job: Job) => string | undefined,
): Promise<void> {
  const taken = new Map<string, RunLimit>()
  for (const job of jobs) {
    const [laneSlot, slot] = turnOf(job)?.split(TURN_SEPARATOR) ?? []
    if (laneSlot !== undefined) taken.set(laneSlot, limitOfLane(job))
    if (slot !== undefined) taken.set(slot, limitOfNamespace(job))
  }
  await Promise.all([...taken].map(([name, limit]) => slots.release(limit, [name])))
}

function limitOfLane({ message }: JobInBatch): RunLimit {
  return { namespace: NO_NAMESPACE, task: message.queue, limit: WORKERS_FOR_SUSPECTS }
}

function limitOfNamespace({ message }: JobInBatch): RunLimit {
  const { queue, namespace } = message
  return { namespace: NO_NAMESPACE, task: queue, group: namespace, limit: WORKERS_FOR_A_NAMESPACE }
}

function comeAgain({ clock }: PhasePorts, { putBack }: PhaseTools, job: JobToRun): void {
  const rounds = 1 + Math.floor(waitsOf(job) / PATIENT_WAITS)
  const thisRound = Math.floor(clock.now() / ROUND_MS)
  putBack.later(job.items, (thisRound + rounds) * ROUND_MS, lostRunOf(job))
}

/**
 * Returns false for a job that must run alone while another task is under way. A task that ignores its timeout may
 * still crash the worker, and the job that runs at that moment would be taken for the culprit.
 */
function mayRunBeside({ underWay }: PhaseTools, { alone }: JobToRun): boolean {
  return underWay.count === 0 || !alone
}

/** Returns true if the work is over in time. */
function endsWithin(clock: Clock, ms: number, work: Promise<void>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false))
    work.then(() => {
      cancel()
      resolve(true)
    }, reject)
  })
}
