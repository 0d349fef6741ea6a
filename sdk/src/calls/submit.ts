import type { Client } from '../client/client.ts'
import { errorOfJob } from '../api/error-codes.ts'
import { checkOptions, SUBMIT_OPTIONS } from '../api/input.ts'
import { late } from '../client/late.ts'
import type { Job, RunOptions } from '../api/types.ts'
import { waitWithin } from '../time/wait.ts'
import { JobHandle } from './job-handle.ts'

/** `submit` of the client. */
export async function submitJob<Output>(
  client: Client,
  task: string,
  input?: unknown,
  options: RunOptions = {},
): Promise<Job<Output>> {
  checkOptions(options, SUBMIT_OPTIONS)
  const all = client.withDefaults(options)
  const id = await chooseId(client, options)
  return waitWithin<Job<Output>>(client.clock, all, undefined, (resolve, reject) => {
    const { job, accepted } = client.submit(task, input, id, all)
    accepted.then(() => resolve(new JobHandle(client, job)), reject)
  }).catch((error: unknown) => {
    throw errorOfJob(error, id)
  })
}

/** `run` of the client. */
export async function runJob<Output>(
  client: Client,
  task: string,
  input?: unknown,
  options: RunOptions = {},
): Promise<Output> {
  checkOptions(options, SUBMIT_OPTIONS)
  const all = client.withDefaults(options)
  const id = await chooseId(client, options)
  return waitWithin<any>(client.clock, all, id, (resolve, reject) => {
    const { job, accepted } = client.submit(task, input, id, all)
    accepted.catch(reject)
    // Watching begins before the answer: a short job's result may overtake it.
    return client.awaitOutput(job, resolve, reject)
  })
}

/** The id of a job that is to be submitted. The client knows it before the platform, so that it misses no update. */
async function chooseId(client: Client, { id, idempotencyKey }: RunOptions): Promise<string> {
  // With both, the platform says what is wrong.
  if (typeof idempotencyKey === 'string' && id === undefined) {
    const { idOfKey } = await late(import('../../../protocol/job/key-id.ts'))
    return idOfKey(client.namespace, idempotencyKey)
  }
  return id ?? client.nextId()
}
