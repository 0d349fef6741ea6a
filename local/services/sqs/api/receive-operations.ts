import { AwsError } from '../../../wire/call.ts'
import { invalidReceiptHandle, invalidValue, missingParameter } from './errors.ts'
import { MAX_RECEIVE_MESSAGES, MAX_VISIBILITY_SECONDS, MAX_WAIT_SECONDS } from '../limits.ts'
import type { ReceivedMessage } from '../message.ts'
import { attributesMd5, attributesSize, selectAttributes } from './message-attributes.ts'
import type { OperationAnswer, OperationRequest } from './operation.ts'
import type { Queue } from '../queue.ts'
import { findQueue } from './queue-lookup.ts'
import type { Fields } from './request-fields.ts'
import {
  failedEntry,
  optionalInteger,
  readBatch,
  readEntries,
  requiredText,
  optionalTextList,
} from './request-fields.ts'
import { systemAttributes } from './system-attributes.ts'

const MAX_MESSAGES = { least: 1, most: MAX_RECEIVE_MESSAGES, reason: 'Must be between 1 and 10, if provided.' }
const WAIT = { least: 0, most: MAX_WAIT_SECONDS, reason: 'Must be >= 0 and <= 20, if provided.' }
const VISIBILITY = { least: 0, most: MAX_VISIBILITY_SECONDS, reason: 'Must be between 0 and 43200 seconds.' }

export async function receiveMessage(request: OperationRequest): Promise<OperationAnswer> {
  const queue = findQueue(request)
  const { fields, hungUp } = request
  const waitSeconds = optionalInteger(fields, 'WaitTimeSeconds', WAIT)
  const visibility = optionalInteger(fields, 'VisibilityTimeout', VISIBILITY)
  const systemNames = [
    ...optionalTextList(fields, 'AttributeNames'),
    ...optionalTextList(fields, 'MessageSystemAttributeNames'),
  ]
  const attributeNames = optionalTextList(fields, 'MessageAttributeNames')
  const messages = await queue.receive({
    maxMessages: optionalInteger(fields, 'MaxNumberOfMessages', MAX_MESSAGES) ?? 1,
    waitMs: waitSeconds === undefined ? queue.settings.receiveWaitMs : waitSeconds * 1000,
    ...(visibility === undefined ? {} : { visibilityTimeoutMs: visibility * 1000 }),
    ...(hungUp === undefined ? {} : { signal: hungUp }),
  })
  // AWS leaves the member out if there is nothing, and SDKs pass that on to their users.
  if (messages.length === 0) return { output: {} }
  return {
    output: { Messages: messages.map((message) => renderMessage(message, systemNames, attributeNames)) },
    payloadBytes: messages.reduce((sum, message) => sum + payloadSize(message), 0),
  }
}

export function deleteMessage(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  queue.delete(readHandle(request.fields, queue))
  return { output: {} }
}

export function deleteMessageBatch(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  const entries = readBatch(request.fields, 'DeleteMessageBatchRequestEntry')
  const { good, failed } = readEntries(entries, (fields) => readHandle(fields, queue))
  queue.delete(...good.map(({ value }) => value))
  return {
    output: { Successful: good.map(({ id }) => ({ Id: id })), ...(failed.length > 0 ? { Failed: failed } : {}) },
  }
}

export function changeMessageVisibility(request: OperationRequest): OperationAnswer {
  const [refusal] = findQueue(request).changeVisibility([readVisibilityChange(request.fields)])
  if (refusal !== undefined) throw refusal
  return { output: {} }
}

export function changeMessageVisibilityBatch(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  const entries = readBatch(request.fields, 'ChangeMessageVisibilityBatchRequestEntry')
  const { good, failed } = readEntries(entries, readVisibilityChange)
  const refusals = queue.changeVisibility(good.map(({ value }) => value))
  const successful: object[] = []
  for (const [index, { id }] of good.entries()) {
    const refusal = refusals[index]
    if (refusal === undefined) successful.push({ Id: id })
    else failed.push(failedEntry(id, refusal))
  }
  return { output: { Successful: successful, ...(failed.length > 0 ? { Failed: failed } : {}) } }
}

/** Returns the bytes of a received message that count for the bill. */
export function payloadSize({ body, attributes }: ReceivedMessage): number {
  return Buffer.byteLength(body) + attributesSize(attributes)
}

function readHandle(fields: Fields, queue: Queue): string {
  const handle = requiredText(fields, 'ReceiptHandle')
  if (!queue.recognises(handle)) throw invalidReceiptHandle(handle)
  if (queue.hasExpired(handle)) throw invalidValue('ReceiptHandle', handle, 'The receipt handle has expired.')
  return handle
}

function readVisibilityChange(fields: Fields): { readonly receiptHandle: string; readonly timeoutMs: number } {
  const receiptHandle = requiredText(fields, 'ReceiptHandle')
  const seconds = optionalInteger(fields, 'VisibilityTimeout', VISIBILITY)
  if (seconds === undefined) throw missingParameter('VisibilityTimeout')
  return { receiptHandle, timeoutMs: seconds * 1000 }
}

function renderMessage(
  message: ReceivedMessage,
  systemNames: readonly string[],
  attributeNames: readonly string[],
): object {
  const attributes = selectAttributes(message.attributes, attributeNames)
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.bodyMd5,
    Body: message.body,
    ...(systemNames.length === 0 ? {} : { Attributes: selectSystem(message, systemNames) }),
    ...(attributes === undefined
      ? {}
      : { MD5OfMessageAttributes: attributesMd5(attributes), MessageAttributes: attributes }),
  }
}

const SYSTEM_NAMES = new Set([
  'All',
  'AWSTraceHeader',
  'ApproximateFirstReceiveTimestamp',
  'ApproximateReceiveCount',
  'DeadLetterQueueSourceArn',
  'MessageDeduplicationId',
  'MessageGroupId',
  'SenderId',
  'SentTimestamp',
  'SequenceNumber',
])

function selectSystem(message: ReceivedMessage, names: readonly string[]): Record<string, string> {
  for (const name of names) {
    if (!SYSTEM_NAMES.has(name)) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
  }
  const all = systemAttributes(message)
  if (names.includes('All')) return all
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
}
