import type { JobRequest, SubmitOutcome } from '../../../protocol/job/job.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { chunksOf, inParallel } from '../kit/in-parallel.ts'
import type { AcceptPorts } from './accept-new-jobs.ts'
import { acceptNewJobs, conflictOutcome } from './accept-new-jobs.ts'
import type { MakeJobPorts, Submission } from './make-job.ts'
import { makeJob } from './make-job.ts'
import { isSameWork } from '../job/same-work.ts'

/** The number of jobs that are inserted and sent together. While one slice is sent, the next is inserted. */
const SLICE = 250
const SLICES_AT_ONCE = 4
/** A schema may call another service, and a thousand jobs must not call it at once. */
const VALIDATIONS_AT_ONCE = 32

export interface SubmitPorts extends AcceptPorts, MakeJobPorts {}

export interface Submit {
  readonly namespace: string
  /** The session that submits, as a watcher. Absent over REST. */
  readonly watcher?: string
  readonly jobs: readonly Parsed<JobRequest>[]
  /** False if the jobs came as a list. The paths of errors then name the job. */
  readonly single?: boolean
}

/** A job of a submit, with the places in the submit that ask for it. */
interface Asked {
  readonly submission: Submission
  readonly first: number
  readonly repeats: number[]
}

/**
 * Submits jobs: stores the records, sends the messages, and returns one outcome for each job, in order. A job that is
 * refused or cannot be stored has an error of its own, and the others go on. The same id again runs nothing twice.
 */
export async function submitJobs(ports: SubmitPorts, submit: Submit): Promise<SubmitOutcome[]> {
  const outcomes = new Array<SubmitOutcome>(submit.jobs.length)
  const asked = new Map<string, Asked>()
  const made = await inParallel(submit.jobs, VALIDATIONS_AT_ONCE, (parsed, index) =>
    makeSubmission(ports, submit, parsed, index),
  )
  for (const [index, submission] of made.entries()) {
    if ('error' in submission) {
      outcomes[index] = submission
      continue
    }
    const { id } = submission.job
    const before = asked.get(id)
    if (before === undefined) asked.set(id, { submission, first: index, repeats: [] })
    else if (isSameWork(before.submission.job, submission.job)) before.repeats.push(index)
    else outcomes[index] = conflictOutcome(id)
  }
  await inParallel(chunksOf([...asked.values()], SLICE), SLICES_AT_ONCE, async (slice) => {
    const submissions = slice.map(({ submission }) => submission)
    const results = await acceptNewJobs(ports, submissions, submit.watcher)
    for (const [position, outcome] of results.entries()) {
      const { first, repeats } = slice[position]!
      outcomes[first] = outcome
      for (const index of repeats) outcomes[index] = 'error' in outcome ? outcome : { ...outcome, existed: true }
    }
  })
  return outcomes
}

async function makeSubmission(
  ports: SubmitPorts,
  { namespace, single }: Submit,
  parsed: Parsed<JobRequest>,
  index: number,
): Promise<Submission | Extract<SubmitOutcome, { error: unknown }>> {
  if (!parsed.ok) return { error: parsed.error }
  const made = await makeJob(ports, namespace, parsed.value, single ? '' : `jobs.${index}.`)
  if (made.ok) return made.value
  const { id } = parsed.value
  return id === undefined ? { error: made.error } : { id, error: made.error }
}
