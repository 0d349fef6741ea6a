import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { JobUpdateAnswer } from '../../../protocol/wire/rest.ts'
import type { Client } from '../client/client.ts'
import { checkId } from '../api/input.ts'
import type { WaitOptions } from '../api/types.ts'
import { jobPath } from '../wire/rest-client.ts'
import { request } from './request.ts'

export async function cancelJob(client: Client, id: string, options?: WaitOptions): Promise<JobUpdate> {
  checkId(id)
  const { job } = await request<JobUpdateAnswer>(client, 'POST', `${jobPath(id)}/cancel`, options)
  client.watchList.pushed([job])
  return job
}
