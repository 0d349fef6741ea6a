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

const queueNameOf = (fields: Fields) => requiredText(fields, 'QueueName')

/** An operation on the queue of a URL. */
const byUrl = (action: string, run: Operation['run']): Operation => ({
  action: `sqs:${action}`,
  queueName: queueNameFromUrlField,
  run,
})

const OPERATIONS: Readonly<Record<string, Operation>> = {
  SendMessage: byUrl('SendMessage', sendMessage),
  SendMessageBatch: byUrl('SendMessage', sendMessageBatch),
  ReceiveMessage: byUrl('ReceiveMessage', receiveMessage),
  DeleteMessage: byUrl('DeleteMessage', deleteMessage),
  DeleteMessageBatch: byUrl('DeleteMessage', deleteMessageBatch),
  ChangeMessageVisibility: byUrl('ChangeMessageVisibility', changeMessageVisibility),
  ChangeMessageVisibilityBatch: byUrl('ChangeMessageVisibility', changeMessageVisibilityBatch),
  GetQueueAttributes: byUrl('GetQueueAttributes', getQueueAttributes),
  SetQueueAttributes: byUrl('SetQueueAttributes', setQueueAttributes),
  PurgeQueue: byUrl('PurgeQueue', purgeQueue),
  GetQueueUrl: { action: 'sqs:GetQueueUrl', queueName: queueNameOf, run: getQueueUrl },
  CreateQueue: {
    action: 'sqs:CreateQueue',
    queueName: queueNameOf,
    alsoNeeds: (fields, { region, accountId }) =>
      Object.keys(readTagsOfCreate(fields)).length === 0
        ? []
        : [{ action: 'sqs:TagQueue', resourceArn: `arn:aws:sqs:${region}:${accountId}:${queueNameOf(fields)}` }],
    run: createQueue,
  },
  DeleteQueue: byUrl('DeleteQueue', deleteQueue),
  TagQueue: byUrl('TagQueue', tagQueue),
  UntagQueue: byUrl('UntagQueue', untagQueue),
  ListQueueTags: byUrl('ListQueueTags', listQueueTags),
  ListDeadLetterSourceQueues: byUrl('ListDeadLetterSourceQueues', listDeadLetterSourceQueues),
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
