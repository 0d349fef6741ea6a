import type { SubmitOutcome } from '../../../protocol/job/job.ts'
import { accept, refuse, type Parsed } from '../../../protocol/kit/parsed.ts'
import type { CatalogTask } from '../../../protocol/job/task-catalog.ts'
import { EXTERNAL_QUEUE } from '../../../protocol/job/queue-name.ts'
import { acceptRerun, externalJobText } from '../submit/accept-new-jobs.ts'
import type { Submission } from '../submit/make-job.ts'
import { findTask, unknownTaskText } from '../submit/make-job.ts'
import { wholeSecond } from '../job/expiry.ts'
import type { JobKey, KnownJob, NewJob } from '../job/stored-job.ts'
import { noSuchJob } from '../job/read-job.ts'
import type { SubmitPorts } from '../submit/submit-jobs.ts'

/**
 * Runs a failed or cancelled job again under its id, with the input and terms of its record. A job that has not ended
 * goes on, and is returned as it is. A job that has succeeded never runs again.
 */
export async function retryJob(ports: SubmitPorts, key: JobKey): Promise<Parsed<SubmitOutcome>> {
  const known = await ports.store.find(key)
  if (known === undefined) return noSuchJob(key.id)
  return retryKnownJob(ports, known)
}

/** Does the same for a job that was read already. */
export async function retryKnownJob(ports: SubmitPorts, known: KnownJob): Promise<Parsed<SubmitOutcome>> {
  const { id, status, queue, task: name, input } = known.record
  if (queue === EXTERNAL_QUEUE) return refuse('JOB_IS_EXTERNAL', externalJobText(id), 'id')
  if (status === 'success') {
    return refuse(
      'ALREADY_FINISHED',
      `The job "${id}" has succeeded, and a success never runs again. Submit another job under another id.`,
      'id',
    )
  }
  const task = findTask(ports.catalog, name)
  if (task === undefined) return refuse('UNKNOWN_TASK', unknownTaskText(name, ports.catalog), 'id')
  const validated = task.checksInput ? await ports.checkInput(name, input, 'input') : accept(input)
  if (!validated.ok) return validated
  const submission: Submission = { job: makeRerun(ports, task, known), input: validated.value, rerun: true }
  const outcome = await acceptRerun(ports, submission, known)
  return 'error' in outcome ? { ok: false, error: outcome.error } : accept(outcome)
}

/**
 * Makes the job as if it were submitted now, without a delay: all times that count from the submit count from now. It
 * runs in its task's present lane, since its former lane may be gone.
 */
function makeRerun({ clock }: SubmitPorts, { queue }: CatalogTask, { record, policy }: KnownJob): NewJob {
  const { id, namespace, task, input, priority, idempotencyKey, metadata, tags, webhook } = record
  const createdAt = clock.now()
  const startBy = policy.startBy === undefined ? {} : { startBy: createdAt + policy.startBy - record.createdAt }
  return {
    id,
    namespace,
    task,
    input,
    priority,
    queue,
    createdAt,
    expiresAt: wholeSecond(createdAt + record.expiresAt - record.createdAt),
    policy: { ...policy, ...startBy },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(tags === undefined ? {} : { tags }),
    ...(webhook === undefined ? {} : { webhook }),
  }
}
