import { AwsError } from '../../../wire/call.ts'
import { createQueue, deleteQueue, readTagsOfCreate } from './create-operations.ts'
import {
  cancelMessageMoveTask,
  listDeadLetterSourceQueues,
  listMessageMoveTasks,
  needsOfMove,
  needsOfSource,
  queueNameFromArnField,
  queueNameFromTaskHandle,
  startMessageMoveTask,
} from './move-operations.ts'
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
import { type Fields, requiredText } from './request-fields.ts'
import { sendMessage, sendMessageBatch } from './send-operations.ts'
import { listQueueTags, tagQueue, untagQueue } from './tag-operations.ts'

const byUrl = queueNameFromUrlField
const byName = (fields: Fields) => requiredText(fields, 'QueueName')

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
  GetQueueUrl: { action: 'sqs:GetQueueUrl', queueName: byName, run: getQueueUrl },
  CreateQueue: {
    action: 'sqs:CreateQueue',
    queueName: byName,
    alsoNeeds: (fields, { region, accountId }) =>
      Object.keys(readTagsOfCreate(fields)).length === 0
        ? []
        : [{ action: 'sqs:TagQueue', resourceArn: `arn:aws:sqs:${region}:${accountId}:${byName(fields)}` }],
    run: createQueue,
  },
  DeleteQueue: { action: 'sqs:DeleteQueue', queueName: byUrl, run: deleteQueue },
  TagQueue: { action: 'sqs:TagQueue', queueName: byUrl, run: tagQueue },
  UntagQueue: { action: 'sqs:UntagQueue', queueName: byUrl, run: untagQueue },
  ListQueueTags: { action: 'sqs:ListQueueTags', queueName: byUrl, run: listQueueTags },
  ListDeadLetterSourceQueues: {
    action: 'sqs:ListDeadLetterSourceQueues',
    queueName: byUrl,
    run: listDeadLetterSourceQueues,
  },
  StartMessageMoveTask: {
    action: 'sqs:StartMessageMoveTask',
    queueName: queueNameFromArnField,
    alsoNeeds: needsOfMove,
    run: startMessageMoveTask,
  },
  ListMessageMoveTasks: {
    action: 'sqs:ListMessageMoveTasks',
    queueName: queueNameFromArnField,
    alsoNeeds: needsOfSource,
    run: listMessageMoveTasks,
  },
  CancelMessageMoveTask: {
    action: 'sqs:CancelMessageMoveTask',
    queueName: queueNameFromTaskHandle,
    run: cancelMessageMoveTask,
  },
  ListQueues: { action: 'sqs:ListQueues', queueName: () => undefined, run: listQueues },
}

/** Throws an error that names the operation if the local cloud does not implement it. */
export function operationNamed(name: string): Operation {
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  if (operation !== undefined) return operation
  throw new AwsError(
    'UnsupportedOperation',
    `The local cloud does not implement the SQS operation ${name}. It implements ${Object.keys(OPERATIONS).join(', ')}.`,
  )
}
