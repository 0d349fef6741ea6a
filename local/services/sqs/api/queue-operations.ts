import { AwsError } from '../../../wire/call.ts'
import { queueDoesNotExist } from './errors.ts'
import type { OperationAnswer, OperationRequest } from './operation.ts'
import type { Queue } from '../queue.ts'
import { findQueue } from './queue-lookup.ts'
import { readQueueSettings, SETTING_NAMES, writeSettings } from '../queue-settings.ts'
import { readAttributes, readFifoOfSet } from './create-operations.ts'
import { FIFO_NAMES } from '../fifo/fifo-settings.ts'
import { requireDeadLetterTarget } from '../redrive-policy.ts'
import { optionalInteger, optionalText, requiredText, optionalTextList } from './request-fields.ts'

const PURGE_INTERVAL_MS = 60_000
const MAX_LISTED = 1000
const LIST_LIMIT = { least: 1, most: MAX_LISTED, reason: 'Value for parameter MaxResults must be between 1 and 1000.' }

export function getQueueUrl({ fields, directory }: OperationRequest): OperationAnswer {
  const queue = directory.byName(requiredText(fields, 'QueueName'))
  const account = optionalText(fields, 'QueueOwnerAWSAccountId') ?? directory.accountId
  if (queue === undefined || account !== directory.accountId) throw queueDoesNotExist()
  return { output: { QueueUrl: queue.url } }
}

export function listQueues(request: OperationRequest): OperationAnswer {
  const prefix = optionalText(request.fields, 'QueueNamePrefix') ?? ''
  const found = [...request.directory.all()].filter(({ name }) => name.startsWith(prefix))
  const { urls, nextToken } = pageOfQueues(request, found)
  return {
    output: {
      ...(urls.length > 0 ? { QueueUrls: urls } : {}),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    },
  }
}

/** Returns the page that the call asks for. As on AWS, there are pages only if it gives `MaxResults`. */
export function pageOfQueues(
  { fields }: OperationRequest,
  queues: readonly Queue[],
): { readonly urls: readonly string[]; readonly nextToken?: string } {
  const limit = optionalInteger(fields, 'MaxResults', LIST_LIMIT)
  const after = optionalText(fields, 'NextToken') ?? ''
  const found = queues.filter(({ name }) => name > after).sort((a, b) => (a.name < b.name ? -1 : 1))
  const page = found.slice(0, limit ?? MAX_LISTED)
  const more = page.length < found.length && limit !== undefined
  return { urls: page.map(({ url }) => url), ...(more ? { nextToken: page.at(-1)!.name } : {}) }
}

export function getQueueAttributes(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  const names = optionalTextList(request.fields, 'AttributeNames')
  if (names.length === 0) return { output: {} }
  const all = allAttributes(queue)
  if (names.includes('All')) return { output: { Attributes: all } }
  const attributes: Record<string, string> = {}
  for (const name of names) {
    if (!KNOWN_ATTRIBUTES.has(name)) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
    const value = all[name]
    if (value !== undefined) attributes[name] = value
  }
  return { output: { Attributes: attributes } }
}

export function setQueueAttributes(request: OperationRequest): OperationAnswer {
  const { directory } = request
  const queue = findQueue(request)
  const attributes = readAttributes(request.fields)
  const fifo = readFifoOfSet(attributes, queue.settings.fifo)
  const settings = { ...readQueueSettings(attributes), ...(fifo === undefined ? {} : { fifo }) }
  requireDeadLetterTarget({ redrive: settings.redrive, ownArn: queue.arn }, (arn) => directory.byArn(arn) !== undefined)
  queue.configure(settings)
  directory.changed(queue)
  return { output: {} }
}

const purgedAt = new WeakMap<Queue, number>()

export function purgeQueue(request: OperationRequest): OperationAnswer {
  const queue = findQueue(request)
  const now = request.directory.now()
  if (now < (purgedAt.get(queue) ?? -Infinity) + PURGE_INTERVAL_MS) {
    throw new AwsError(
      'PurgeQueueInProgress',
      `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
      403,
    )
  }
  purgedAt.set(queue, now)
  queue.purge()
  return { output: {} }
}

function allAttributes(queue: Queue): Record<string, string> {
  const { visible, delayed, inFlight } = queue.counts()
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    ...writeSettings(queue.settings),
  }
}

/** Includes those that no queue here has. AWS leaves them out of its answer. */
const KNOWN_ATTRIBUTES = new Set([
  ...SETTING_NAMES,
  ...FIFO_NAMES,
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'LastModifiedTimestamp',
  'Policy',
  'QueueArn',
  'RedriveAllowPolicy',
])
