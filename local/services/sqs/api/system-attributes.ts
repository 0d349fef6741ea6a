import type { ReceivedMessage } from '../message.ts'

/** Returns the attributes that SQS itself gives a received message, under the names that receivers ask for. */
export function systemAttributes(message: ReceivedMessage): Record<string, string> {
  const attributes: Record<string, string> = {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  }
  if (message.groupId !== undefined) attributes['MessageGroupId'] = message.groupId
  if (message.deduplicationId !== undefined) attributes['MessageDeduplicationId'] = message.deduplicationId
  if (message.sequence !== undefined) attributes['SequenceNumber'] = message.sequence
  if (message.traceHeader !== undefined) attributes['AWSTraceHeader'] = message.traceHeader
  if (message.deadLetterSourceArn !== undefined) attributes['DeadLetterQueueSourceArn'] = message.deadLetterSourceArn
  return attributes
}
