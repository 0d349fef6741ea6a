import { AwsError } from '../../../wire/call.ts'
import { ALLOWED_CHARACTERS, findForbiddenCharacter } from './characters.ts'
import { invalidParameter } from './errors.ts'
import { checkFifoBatch, readGroupFields } from './fifo-fields.ts'
import { MAX_BATCH_BYTES, MAX_DELAY_SECONDS } from '../limits.ts'
import type { NewMessage, SentMessage } from '../message.ts'
import { attributesMd5, attributesSize, readMessageAttributes } from './message-attributes.ts'
import type { OperationAnswer, OperationRequest } from './operation.ts'
import type { Queue } from '../queue.ts'
import { findQueue } from './queue-lookup.ts'
import type { Fields } from './request-fields.ts'
import {
  optionalInteger,
  optionalObject,
  optionalText,
  readBatch,
  readEntries,
  requiredText,
} from './request-fields.ts'

const DELAY = { least: 0, most: MAX_DELAY_SECONDS, reason: 'DelaySeconds must be >= 0 and <= 900.' }

export function sendMessage(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  const message = readMessage(request.fields, queue, request)
  const [sent] = queue.send([message])
  const output = { ...describeSent(sent!), ...digests(request.fields, message, sent!.bodyMd5) }
  return { output, payloadBytes: messageBytes(message) }
}

export function sendMessageBatch(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  const entries = readBatch(request.fields, 'SendMessageBatchRequestEntry')
  const totalBytes = entries.reduce((sum, { fields }) => sum + declaredSize(fields), 0)
  if (totalBytes > MAX_BATCH_BYTES) {
    throw new AwsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${totalBytes} bytes.`,
    )
  }
  checkFifoBatch(entries, queue)
  const read = (fields: Fields) => ({ fields, message: readMessage(fields, queue, request) })
  const { good, failed } = readEntries(entries, read)
  const sent = good.length === 0 ? [] : queue.send(good.map(({ value }) => value.message))
  const successful = good.map(({ id, value }, index) => {
    const answered = sent[index]!
    return { Id: id, ...describeSent(answered), ...digests(value.fields, value.message, answered.bodyMd5) }
  })
  const answer = failed.length === 0 ? { Successful: successful } : { Successful: successful, Failed: failed }
  return { output: answer, payloadBytes: totalBytes }
}

function describeSent({ id, sequence }: SentMessage): Record<string, string> {
  return { MessageId: id, ...(sequence === undefined ? {} : { SequenceNumber: sequence }) }
}

function readMessage(fields: Fields, queue: Queue, request: OperationRequest): NewMessage {
  const body = requiredText(fields, 'MessageBody')
  const attributes = readMessageAttributes(fields)
  const size = Buffer.byteLength(body) + attributesSize(attributes)
  if (size > queue.settings.maxMessageBytes) {
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${queue.settings.maxMessageBytes} bytes.`,
    )
  }
  checkCharacters(body)
  const delay = optionalInteger(fields, 'DelaySeconds', DELAY)
  const group = readGroupFields(fields, queue)
  // Like AWS: the attribute is what counts, and without it the header that SDKs set under X-Ray.
  const traceHeader = readTraceHeader(fields) ?? request.traceHeader
  return {
    body,
    senderId: senderIdOf(request),
    ...(attributes === undefined ? {} : { attributes }),
    ...group,
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(delay === undefined || queue.settings.fifo !== undefined ? {} : { delayMs: delay * 1000 }),
  }
}

function checkCharacters(body: string): void {
  const found = findForbiddenCharacter(body)
  if (found === undefined) return
  const message = `Invalid character '${found}' was found in the message body, ${ALLOWED_CHARACTERS}`
  throw new AwsError('InvalidMessageContents', message)
}

function readTraceHeader(fields: Fields): string | undefined {
  const attributes = optionalObject(fields, 'MessageSystemAttributes') ?? {}
  for (const name of Object.keys(attributes)) {
    if (name !== 'AWSTraceHeader') throw invalidParameter(`Message system attribute name '${name}' is invalid.`)
  }
  return optionalText(optionalObject(attributes, 'AWSTraceHeader') ?? {}, 'StringValue')
}

function digests(fields: Fields, { attributes }: NewMessage, bodyMd5: string): Record<string, string> {
  const traceHeader = readTraceHeader(fields)
  const system =
    traceHeader === undefined ? undefined : { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } }
  return {
    MD5OfMessageBody: bodyMd5,
    ...(attributes === undefined ? {} : { MD5OfMessageAttributes: attributesMd5(attributes) }),
    ...(system === undefined ? {} : { MD5OfMessageSystemAttributes: attributesMd5(system) }),
  }
}

function messageBytes(message: NewMessage): number {
  return Buffer.byteLength(message.body) + attributesSize(message.attributes)
}

/** A batch's size is checked before its entries, so unreadable entries count as nothing here. */
function declaredSize(fields: Fields): number {
  const body = fields['MessageBody']
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : 0
  try {
    return bytes + attributesSize(readMessageAttributes(fields))
  } catch {
    return bytes
  }
}

/** Returns a role's unique id and session, as AWS writes them, or the account's id. */
function senderIdOf({ principal, directory }: OperationRequest): string {
  return principal.kind === 'role' ? `AROAJOBWIRELOCALROLE1:${principal.name}` : directory.accountId
}
