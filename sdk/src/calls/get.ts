import type { JobRecord, JobStatus } from '../../../protocol/job/job.ts'
import type { GetJobAnswer } from '../../../protocol/wire/rest.ts'
import type { Client } from '../client/client.ts'
import { checkId } from '../api/input.ts'
import type { WaitOptions } from '../api/types.ts'
import { jobPath } from '../wire/rest-client.ts'
import { request } from './request.ts'

export async function getJob(client: Client, id: string, options?: WaitOptions): Promise<JobRecord> {
  checkId(id)
  const known = client.cache.get(id)
  if (known !== undefined && 'task' in known) return known as JobRecord
  const { job } = await request<GetJobAnswer>(client, 'GET', jobPath(id), options)
  client.cache.put(job)
  return job
}

export async function getStatus(client: Client, id: string, options?: WaitOptions): Promise<JobStatus> {
  checkId(id)
  return (client.cache.get(id) ?? (await getJob(client, id, options))).status
}
