import { invalidParameter, missingParameter } from './errors.ts'
import type { OperationAnswer, OperationRequest, Tags } from './operation.ts'
import { findQueue } from './queue-lookup.ts'
import { type Fields, optionalObject, optionalTextList } from './request-fields.ts'

const MAX_TAGS = 50

export function tagQueue(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  const given = readTags(request.fields, 'Tags')
  if (given === undefined) throw missingParameter('Tags')
  checkTags({ ...Object.fromEntries(queue.tags), ...given })
  for (const [key, value] of Object.entries(given)) queue.tags.set(key, value)
  request.directory.changed(queue)
  return { output: {} }
}

export function untagQueue(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  const keys = optionalTextList(request.fields, 'TagKeys')
  if (keys.length === 0) throw missingParameter('TagKeys')
  for (const key of keys) queue.tags.delete(key)
  request.directory.changed(queue)
  return { output: {} }
}

export function listQueueTags(request: OperationRequest): OperationAnswer {
  const { tags } = findQueue(request)
  return { output: tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) } }
}

/** Reads a map of tags. Returns undefined if the call gives none. */
export function readTags(fields: Fields, member: string): Tags | undefined {
  const tags = optionalObject(fields, member)
  if (tags === undefined || Object.keys(tags).length === 0) return undefined
  for (const [key, value] of Object.entries(tags)) {
    if (typeof value !== 'string' || value.length > 256) {
      throw invalidParameter(`The value of the tag ${key} must be a text of at most 256 characters.`)
    }
    if (key === '' || key.length > 128) throw invalidParameter('The key of a tag has 1 to 128 characters.')
    if (/^aws:/i.test(key)) throw invalidParameter(`The key ${key} is reserved: a tag's key cannot begin with aws:.`)
  }
  return tags as Tags
}

export function checkTags(tags: Tags): void {
  const count = Object.keys(tags).length
  if (count > MAX_TAGS) throw invalidParameter(`Too many tags added for queue: ${count}, at most ${MAX_TAGS}.`)
}
