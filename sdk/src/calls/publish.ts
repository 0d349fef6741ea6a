import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { PublishBody } from '../../../protocol/manage/publish.ts'
import type { JobUpdateAnswer } from '../../../protocol/wire/rest.ts'
import type { Client } from '../client/client.ts'
import { checkId } from '../api/input.ts'
import type { WaitOptions } from '../api/types.ts'
import { pathOf } from '../wire/rest-client.ts'
import { encodePlain, request } from './request.ts'

export async function publishUpdate(
  client: Client,
  id: string,
  body: PublishBody,
  options?: WaitOptions,
): Promise<JobUpdate> {
  checkId(id)
  const json = encodePlain('The publish', body)
  const { job } = await request<JobUpdateAnswer>(client, 'POST', `${pathOf(id)}/publish`, options, json)
  client.watchList.pushed([job])
  return job
}
