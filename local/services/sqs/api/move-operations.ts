import type { MoveTask } from '../move-tasks.ts'
import type { Queue } from '../queue.ts'
import type { Authorization } from '../../../wire/call.ts'
import { invalidParameter, resourceNotFound } from './errors.ts'
import type { OperationAnswer, OperationRequest, QueueDirectory } from './operation.ts'
import { findQueue } from './queue-lookup.ts'
import { pageOfQueues } from './queue-operations.ts'
import { type Fields, optionalInteger, optionalText, requiredText } from './request-fields.ts'

const RATE = { least: 1, most: 500, reason: 'Must be between 1 and 500, if provided.' }
const LISTED = { least: 1, most: 10, reason: 'Must be between 1 and 10, if provided.' }

export function listDeadLetterSourceQueues(request: OperationRequest): OperationAnswer {
  const { arn } = findQueue(request)
  const { urls, nextToken } = pageOfQueues(request, sourcesOf(arn, request.directory))
  return { output: { queueUrls: urls, ...(nextToken === undefined ? {} : { NextToken: nextToken }) } }
}

export function startMessageMoveTask({ fields, directory }: OperationRequest): OperationAnswer {
  const source = requireQueue('SourceArn', requiredText(fields, 'SourceArn'), directory)
  const destinationArn = optionalText(fields, 'DestinationArn')
  const messagesPerSecond = optionalInteger(fields, 'MaxNumberOfMessagesPerSecond', RATE)
  if (sourcesOf(source.arn, directory).length === 0) {
    throw invalidParameter('Source queue must be configured as a Dead Letter Queue.')
  }
  if (destinationArn !== undefined) requireQueue('DestinationArn', destinationArn, directory)
  if (destinationArn === source.arn) throw invalidParameter('Source queue and destination queue must not be the same.')
  if (directory.moveTasks.ofSource(source.arn).some(({ status }) => status === 'RUNNING')) {
    throw invalidParameter(
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    )
  }
  const request = {
    sourceArn: source.arn,
    ...(destinationArn === undefined ? {} : { destinationArn }),
    ...(messagesPerSecond === undefined ? {} : { messagesPerSecond }),
  }
  return { output: { TaskHandle: writeTaskHandle(directory.moveTasks.start(request, source)) } }
}

export function listMessageMoveTasks({ fields, directory }: OperationRequest): OperationAnswer {
  const source = requireQueue('SourceArn', requiredText(fields, 'SourceArn'), directory)
  const limit = optionalInteger(fields, 'MaxResults', LISTED) ?? 1
  return { output: { Results: directory.moveTasks.ofSource(source.arn).slice(0, limit).map(describeTask) } }
}

export function cancelMessageMoveTask({ fields, directory }: OperationRequest): OperationAnswer {
  const { taskId, sourceArn } = readTaskHandle(fields)
  const source = requireQueue('SourceArn', sourceArn, directory)
  const task = directory.moveTasks.ofSource(source.arn).find(({ id }) => id === taskId)
  if (task === undefined) throw resourceNotFound('Task does not exist.')
  if (task.status !== 'RUNNING') throw invalidParameter('Only a task that is running can be cancelled.')
  directory.moveTasks.cancel(task)
  return { output: { ApproximateNumberOfMessagesMoved: task.moved } }
}

/** Returns the permissions at the dead-letter queue that AWS asks for beside the one of the operation itself. */
export function needsOfSource({ SourceArn: sourceArn }: Fields): readonly Authorization[] {
  return ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'].map((action) => ({
    action,
    resourceArn: String(sourceArn),
  }))
}

export function needsOfMove(fields: Fields, directory: QueueDirectory): readonly Authorization[] {
  const { SourceArn: sourceArn, DestinationArn: destinationArn } = fields
  const targets =
    destinationArn === undefined ? sourcesOf(String(sourceArn), directory).map(({ arn }) => arn) : [destinationArn]
  const sends = targets.map((target) => ({ action: 'sqs:SendMessage', resourceArn: String(target) }))
  return [...needsOfSource(fields), ...sends]
}

/** Returns the name in an ARN, for the check of permissions. */
export function queueNameFromArnField(fields: Fields): string {
  return requiredText(fields, 'SourceArn').split(':').at(-1)!
}

export function queueNameFromTaskHandle(fields: Fields): string {
  return readTaskHandle(fields).sourceArn.split(':').at(-1)!
}

/** Returns the queues whose dead-letter queue it is. */
function sourcesOf(arn: string, directory: QueueDirectory): Queue[] {
  return [...directory.all()].filter(({ settings }) => settings.redrive?.deadLetterArn === arn)
}

function requireQueue(parameter: string, arn: string, directory: QueueDirectory): Queue {
  const queue = directory.byArn(arn)
  if (queue !== undefined) return queue
  throw resourceNotFound(`The resource that you specified for the ${parameter} parameter doesn't exist.`)
}

/** As on AWS, only a task that runs shows its handle. */
function describeTask(task: MoveTask): object {
  return {
    ...(task.status === 'RUNNING' ? { TaskHandle: writeTaskHandle(task) } : {}),
    Status: task.status,
    SourceArn: task.sourceArn,
    DestinationArn: task.destinationArn,
    MaxNumberOfMessagesPerSecond: task.messagesPerSecond,
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    FailureReason: task.failureReason,
    StartedTimestamp: task.startedAt,
  }
}

function writeTaskHandle({ id, sourceArn }: MoveTask): string {
  return Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString('base64')
}

function readTaskHandle(fields: Fields): { readonly taskId: string; readonly sourceArn: string } {
  const handle = requiredText(fields, 'TaskHandle')
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, 'base64').toString()) as Record<string, unknown>
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { taskId, sourceArn }
  } catch {
    // The error below says it.
  }
  throw invalidParameter('Value for parameter TaskHandle is invalid.')
}
