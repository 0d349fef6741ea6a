import { createHash } from 'node:crypto'
import type { Queue } from '../queue.ts'
import { invalidParameter, invalidValue, missingParameter } from './errors.ts'
import { type BatchEntry, type Fields, optionalText } from './request-fields.ts'

const ID = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/
const OTHER_TYPE = 'The request includes a parameter that is not valid for this queue type.'
const NO_DEDUPLICATION =
  'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly'

interface GroupFields {
  readonly groupId?: string
  readonly deduplicationId?: string
}

/** Reads the group and the deduplication id of a message, as the type of its queue takes them. */
export function readGroupFields(fields: Fields, { settings: { fifo } }: Queue): GroupFields {
  const groupId = readId(fields, 'MessageGroupId')
  const deduplicationId = readId(fields, 'MessageDeduplicationId')
  if (fifo === undefined) {
    if (deduplicationId !== undefined) throw invalidValue('MessageDeduplicationId', deduplicationId, OTHER_TYPE)
    return groupId === undefined ? {} : { groupId }
  }
  const delay = fields['DelaySeconds']
  if (delay !== undefined && delay !== null && delay !== 0) {
    throw invalidValue('DelaySeconds', String(delay), OTHER_TYPE)
  }
  if (groupId === undefined) throw missingParameter('MessageGroupId')
  if (deduplicationId !== undefined) return { groupId, deduplicationId }
  if (!fifo.contentBasedDeduplication) throw invalidParameter(NO_DEDUPLICATION)
  const body = String(fields['MessageBody'])
  return { groupId, deduplicationId: createHash('sha256').update(body).digest('hex') }
}

/** Throws if AWS would refuse the whole batch for one entry. */
export function checkFifoBatch(entries: readonly BatchEntry[], { settings: { fifo } }: Queue): void {
  if (fifo === undefined) return
  for (const { fields } of entries) {
    if (optionalText(fields, 'MessageGroupId') === undefined) {
      throw invalidParameter('The request must contain the parameter MessageGroupId.')
    }
    if (!fifo.contentBasedDeduplication && optionalText(fields, 'MessageDeduplicationId') === undefined) {
      throw invalidParameter(NO_DEDUPLICATION)
    }
  }
}

function readId(fields: Fields, name: string): string | undefined {
  const id = optionalText(fields, name)
  if (id === undefined || ID.test(id)) return id
  const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`
  throw invalidValue(name, id, reason)
}
