import type { ReceivedMessage } from '../sqs/message.ts'
import { attributesMd5 } from '../sqs/api/message-attributes.ts'
import { systemAttributes } from '../sqs/api/system-attributes.ts'

/** A message as a Lambda function gets it under `Records`. */
export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, object>>
  readonly md5OfBody: string
  readonly md5OfMessageAttributes?: string
  readonly eventSource: 'aws:sqs'
  readonly eventSourceARN: string
  readonly awsRegion: string
}

export function sqsRecord(message: ReceivedMessage, queueArn: string, region: string): SqsRecord {
  const { attributes = {} } = message
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          ...(StringValue === undefined ? {} : { stringValue: StringValue }),
          ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    md5OfBody: message.bodyMd5,
    ...(message.attributes === undefined ? {} : { md5OfMessageAttributes: attributesMd5(message.attributes) }),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  }
}
