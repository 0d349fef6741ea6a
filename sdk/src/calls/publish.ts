import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { PublishBody } from '../../../protocol/manage/publish.ts'
import type { JobUpdateAnswer } from '../../../protocol/wire/rest.ts'
import type { Client } from '../client/client.ts'
import { checkId } from '../api/input.ts'
import type { WaitOptions } from '../api/types.ts'
import { jobPath } from '../wire/rest-client.ts'
import { encodePlain, request } from './request.ts'

export async function publishUpdate(
  client: Client,
  id: string,
  update: PublishBody,
  options?: WaitOptions,
): Promise<JobUpdate> {
  checkId(id)
  const body = encodePlain('The publish', update)
  const { job } = await request<JobUpdateAnswer>(client, 'POST', `${jobPath(id)}/publish`, options, { body })
  client.watchList.pushed([job])
  return job
}
