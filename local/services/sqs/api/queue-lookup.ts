import { queueDoesNotExist } from './errors.ts'
import type { OperationRequest } from './operation.ts'
import type { Queue } from '../queue.ts'
import type { Fields } from './request-fields.ts'
import { requiredText } from './request-fields.ts'

/**
 * Reads the queue's name from a URL like `<endpoint>/<accountId>/<name>`. Any host that reaches us is allowed. As on
 * AWS, the bare name of a queue stands for its URL.
 */
export function queueNameInUrl(url: string, accountId: string): string | undefined {
  const parts = url.split('/')
  if (parts.length === 1) return url
  return parts.at(-2) === accountId && parts.at(-1) !== '' ? parts.at(-1) : undefined
}

export function queueNameFromUrlField(fields: Fields, accountId: string): string {
  const name = queueNameInUrl(requiredText(fields, 'QueueUrl'), accountId)
  if (name === undefined) throw queueDoesNotExist()
  return name
}

/** Finds the queue that a call names by its URL. */
export function findQueue({ fields, directory }: OperationRequest): Queue {
  const queue = directory.byName(queueNameFromUrlField(fields, directory.accountId))
  if (queue === undefined) throw queueDoesNotExist()
  return queue
}
