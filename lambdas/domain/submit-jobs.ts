import type { JobRequest, SubmitOutcome } from '../../protocol/job.ts'
import type { Parsed } from '../../protocol/parsed.ts'
import { refuse } from '../../protocol/parsed.ts'
import { DEFAULT_PRIORITY } from '../../protocol/priority.ts'
import type { TaskMap } from '../../protocol/task.ts'
import { chunksOf, inParallel } from './in-parallel.ts'
import type { AcceptPorts } from './accept-new-jobs.ts'
import { acceptNewJobs } from './accept-new-jobs.ts'
import type { Clock, NewJob } from './ports.ts'

/** Jobs that are inserted and then sent together: while one slice is sent, the next is inserted. */
const SLICE = 250
const SLICES_AT_ONCE = 4
const DEFAULT_QUEUE = 'default'
const NAMES_IN_ERROR = 20

export interface SubmitPorts extends AcceptPorts {
  readonly clock: Clock
  readonly tasks: TaskMap
  /** Makes the ids of jobs that came without one. */
  readonly nextId: () => string
  /** How long a record is kept. */
  readonly ttlMs: number
}

export interface Submit {
  readonly namespace: string
  /** The session that submits, as a watcher; absent over REST. */
  readonly watcher?: string
  readonly jobs: readonly Parsed<JobRequest>[]
  /** False where the jobs came as a list: the paths of errors then name the job. */
  readonly single?: boolean
}

/**
 * Submits jobs: records, then messages, then the answer, one outcome for each job in its place. A job that is
 * refused or that meets a fault has its own error, and the others go on. The same id again runs nothing twice.
 */
export async function submitJobs(ports: SubmitPorts, submit: Submit): Promise<SubmitOutcome[]> {
  const outcomes = new Array<SubmitOutcome>(submit.jobs.length)
  const places = new Map<string, number[]>()
  const accepted: NewJob[] = []
  for (const [index, parsed] of submit.jobs.entries()) {
    const job = makeJob(ports, submit, parsed, index)
    if ('error' in job) {
      outcomes[index] = job
      continue
    }
    const sameId = places.get(job.id)
    if (sameId === undefined) {
      places.set(job.id, [index])
      accepted.push(job)
    } else {
      sameId.push(index)
    }
  }
  await inParallel(chunksOf(accepted, SLICE), SLICES_AT_ONCE, async (slice) => {
    const results = await acceptNewJobs(ports, slice, submit.watcher)
    for (const [position, outcome] of results.entries()) {
      const [first, ...repeats] = places.get(slice[position]!.id)!
      outcomes[first!] = outcome
      for (const index of repeats) outcomes[index] = 'error' in outcome ? outcome : { ...outcome, existed: true }
    }
  })
  return outcomes
}

function makeJob(
  { tasks, clock, nextId, ttlMs }: SubmitPorts,
  { namespace, single }: Submit,
  parsed: Parsed<JobRequest>,
  index: number,
): NewJob | { error: ReturnType<typeof refuse>['error']; id?: string } {
  if (!parsed.ok) return { error: parsed.error }
  const { id, task: name, input = null, priority } = parsed.value
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined
  if (task === undefined) {
    const { error } = refuse('UNKNOWN_TASK', unknownTask(name, tasks), single ? 'task' : `jobs.${index}.task`)
    return id === undefined ? { error } : { id, error }
  }
  const createdAt = clock.now()
  return {
    id: id ?? nextId(),
    namespace,
    task: name,
    input,
    priority: priority ?? task.priority ?? DEFAULT_PRIORITY,
    queue: DEFAULT_QUEUE,
    createdAt,
    // Whole seconds, as the table's own expiry counts.
    expiresAt: Math.ceil((createdAt + ttlMs) / 1_000) * 1_000,
  }
}

function unknownTask(name: string, tasks: TaskMap): string {
  const names = Object.keys(tasks)
  const shown = names.slice(0, NAMES_IN_ERROR).join(', ') + (names.length > NAMES_IN_ERROR ? ', …' : '')
  return `This deployment has no task "${name}". It has: ${shown}.`
}
