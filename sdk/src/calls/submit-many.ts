import { idOfKey } from '../../../protocol/job/key-id.ts'
import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { errorOfJob } from '../api/error-codes.ts'
import { checkOptions, SUBMIT_OPTIONS, timeoutMs } from '../api/input.ts'
import { JobHandle } from './job-handle.ts'
import { WAIT_OPTIONS } from '../api/input.ts'
import type { TrackedJob } from '../client/tracked-job.ts'
import type { JobSpec, RunOptions, SubmitManyOutcome, WaitOptions } from '../api/types.ts'
import { waitWithin } from '../time/wait.ts'

const JOB_FIELDS = ['task', 'input', ...SUBMIT_OPTIONS]

/** `submitMany` of the client. Each job has its own outcome, so that none rejects for the others. */
export async function submitMany<Output>(
  client: Client,
  jobs: Iterable<JobSpec>,
  options: WaitOptions = {},
): Promise<SubmitManyOutcome<Output>[]> {
  checkOptions(options, WAIT_OPTIONS)
  if (typeof (jobs as Iterable<JobSpec> | undefined)?.[Symbol.iterator] !== 'function' || typeof jobs === 'string') {
    throw new JobwireError('INVALID_OPTION', 'The first argument must be a list of jobs: [{ task, input }].')
  }
  timeoutMs(options)
  // The list is read to its end first: if that throws, nothing is submitted.
  return Promise.all([...jobs].map((job) => submitOne<Output>(client, job, options)))
}

/** `delay` of the client. */
export async function submitForId(
  client: Client,
  task: string,
  input?: unknown,
  options?: RunOptions,
): Promise<string> {
  checkOptions(options, SUBMIT_OPTIONS)
  const [outcome] = await submitMany(client, [{ task, input, ...options }])
  if (outcome!.error !== undefined) throw outcome!.error
  return outcome!.job.id
}

async function submitOne<Output>(
  client: Client,
  spec: JobSpec,
  limits: WaitOptions,
): Promise<SubmitManyOutcome<Output>> {
  let id: string | undefined
  try {
    if (typeof spec !== 'object' || spec === null) {
      throw new JobwireError('INVALID_OPTION', 'A job must be an object: { task, input }.')
    }
    checkOptions(spec, JOB_FIELDS)
    const { task, input, timeout, signal, ...options } = spec
    const { idempotencyKey: key } = options
    id = options.id ?? (typeof key === 'string' ? await idOfKey(client.namespace, key) : client.nextId())
    const jobId = id
    const tracked = await waitWithin<TrackedJob>(
      client.clock,
      client.withDefaults({
        timeout: timeout === undefined ? limits.timeout : timeout,
        signal: signal === undefined ? limits.signal : signal,
      }),
      undefined,
      (resolve, reject) => {
        const { job, accepted } = client.submit(task, input, jobId, client.withDefaults(options))
        accepted.then(() => resolve(job), reject)
      },
    )
    return { job: new JobHandle(client, tracked) }
  } catch (error) {
    return { error: (id === undefined ? error : errorOfJob(error, id)) as JobwireError }
  }
}
