import type { ErrorCode } from '../../../protocol/kit/errors.ts'
import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { checkId } from '../api/input.ts'
import type { WaitOptions } from '../api/types.ts'
import { jobPath } from '../wire/rest-client.ts'
import { request } from './request.ts'

export async function deleteJob(client: Client, id: string, options?: WaitOptions): Promise<void> {
  checkId(id)
  try {
    await remove(client, jobPath(id), 'JOB_NOT_FOUND', options)
  } finally {
    // After an error as well: the platform may have deleted it without our having heard of it.
    client.cache.drop(id)
  }
}

/** Sends a DELETE. After a lost answer, it has succeeded if there is nothing left to delete. */
export async function remove(client: Client, path: string, missing: ErrorCode, options?: WaitOptions): Promise<void> {
  let again = false
  try {
    await request(client, 'DELETE', path, options, { onResend: () => (again = true) })
  } catch (error) {
    if (!again || !JobwireError.is(error, missing)) throw error
  }
}
