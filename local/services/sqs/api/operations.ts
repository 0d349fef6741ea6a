import { AwsError } from '../../../wire/call.ts'
import type { Operation } from './operation.ts'
import { queueNameFromUrlField } from './queue-lookup.ts'
import { getQueueAttributes, getQueueUrl, listQueues, purgeQueue, setQueueAttributes } from './queue-operations.ts'
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
  receiveMessage,
} from './receive-operations.ts'
import { requiredText } from './request-fields.ts'
import { sendMessage, sendMessageBatch } from './send-operations.ts'

const byUrl = queueNameFromUrlField

const OPERATIONS: Readonly<Record<string, Operation>> = {
  SendMessage: { action: 'sqs:SendMessage', queueName: byUrl, run: sendMessage },
  SendMessageBatch: { action: 'sqs:SendMessage', queueName: byUrl, run: sendMessageBatch },
  ReceiveMessage: { action: 'sqs:ReceiveMessage', queueName: byUrl, run: receiveMessage },
  DeleteMessage: { action: 'sqs:DeleteMessage', queueName: byUrl, run: deleteMessage },
  DeleteMessageBatch: { action: 'sqs:DeleteMessage', queueName: byUrl, run: deleteMessageBatch },
  ChangeMessageVisibility: { action: 'sqs:ChangeMessageVisibility', queueName: byUrl, run: changeMessageVisibility },
  ChangeMessageVisibilityBatch: {
    action: 'sqs:ChangeMessageVisibility',
    queueName: byUrl,
    run: changeMessageVisibilityBatch,
  },
  GetQueueAttributes: { action: 'sqs:GetQueueAttributes', queueName: byUrl, run: getQueueAttributes },
  SetQueueAttributes: { action: 'sqs:SetQueueAttributes', queueName: byUrl, run: setQueueAttributes },
  PurgeQueue: { action: 'sqs:PurgeQueue', queueName: byUrl, run: purgeQueue },
  GetQueueUrl: {
    action: 'sqs:GetQueueUrl',
    queueName: (fields) => requiredText(fields, 'QueueName'),
    run: getQueueUrl,
  },
  ListQueues: { action: 'sqs:ListQueues', queueName: () => undefined, run: listQueues },
}

/** Throws an error that names the operation if the local cloud does not implement it. */
export function operationNamed(name: string): Operation {
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  if (operation !== undefined) return operation
  throw new AwsError(
    'UnsupportedOperation',
    `The local cloud does not implement the SQS operation ${name}. It implements ${Object.keys(OPERATIONS).join(', ')}; ` +
      `queues themselves come from the template.`,
  )
}
