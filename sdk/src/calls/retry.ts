import type { JobStatus, SubmitOutcome } from '../../../protocol/job/job.ts'
import type { RetryAnswer } from '../../../protocol/list/list.ts'
import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { checkId, checkOptions, WAIT_OPTIONS } from '../api/input.ts'
import type { RetryFailedOptions } from '../api/list-types.ts'
import type { Job, WaitOptions } from '../api/types.ts'
import { jobPath } from '../wire/rest-client.ts'
import { getJob } from './get.ts'
import { JobHandle } from './job-handle.ts'
import { asOne, encodePlain, request } from './request.ts'

export async function retryJob<Output>(client: Client, id: string, options?: WaitOptions): Promise<Job<Output>> {
  checkId(id)
  client.cache.drop(id)
  let again = false
  const path = `${jobPath(id)}/retry`
  const outcome = await request<SubmitOutcome & { version: number; status: JobStatus }>(client, 'POST', path, options, {
    onResend: () => (again = true),
  }).catch((error: unknown) => {
    // The run that a lost answer was about may have succeeded meanwhile.
    if (!again || !JobwireError.is(error, 'ALREADY_FINISHED')) throw error
  })
  client.cache.drop(id)
  const update = outcome
    ? { id, version: outcome.version, status: outcome.status, attempts: 0 }
    : await getJob(client, id, options)
  const job = client.known(id)
  job.apply(update)
  return new JobHandle(client, job)
}

export async function retryFailedJobs(
  client: Client,
  options: RetryFailedOptions & WaitOptions,
): Promise<SubmitOutcome[]> {
  checkOptions(options ?? null, ['ids', 'code', 'all', 'prefix', ...WAIT_OPTIONS])
  const { timeout, signal, ...which } = options
  return asOne(client, { timeout, signal }, async (limits) => {
    const outcomes: SubmitOutcome[] = []
    let cursor: string | undefined
    do {
      const body = encodePlain('The retry', { ...which, cursor })
      const answer = await request<RetryAnswer>(client, 'POST', '/retries', limits, { body })
      // Dropped at once, because the jobs of this page run again even if the next page fails.
      for (const { id } of answer.jobs) if (id !== undefined) client.cache.drop(id)
      outcomes.push(...answer.jobs)
      ;({ cursor } = answer)
    } while (cursor !== undefined)
    return outcomes
  })
}
