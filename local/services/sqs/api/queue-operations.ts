import { AwsError } from '../../../wire/call.ts'
import { queueDoesNotExist } from './errors.ts'
import type { OperationAnswer, OperationRequest } from './operation.ts'
import type { Queue } from '../queue.ts'
import { findQueue } from './queue-lookup.ts'
import { readQueueSettings, SETTING_NAMES, writeSettings } from '../queue-settings.ts'
import { optionalInteger, optionalObject, optionalText, requiredText, optionalTextList } from './request-fields.ts'

const PURGE_INTERVAL_MS = 60_000
const LIST_LIMIT = { least: 1, most: 1000, reason: 'Value for parameter MaxResults must be between 1 and 1000.' }

/** Can be set on AWS, but a program sees no effect of it here. */
const IGNORED_ATTRIBUTES = new Set(['SqsManagedSseEnabled'])

export function getQueueUrl({ fields, directory }: OperationRequest): OperationAnswer {
  const queue = directory.byName(requiredText(fields, 'QueueName'))
  const account = optionalText(fields, 'QueueOwnerAWSAccountId') ?? directory.accountId
  if (queue === undefined || account !== directory.accountId) throw queueDoesNotExist()
  return { output: { QueueUrl: queue.url } }
}

export function listQueues({ fields, directory }: OperationRequest): OperationAnswer {
  const prefix = optionalText(fields, 'QueueNamePrefix') ?? ''
  const after = optionalText(fields, 'NextToken') ?? ''
  const limit = optionalInteger(fields, 'MaxResults', LIST_LIMIT)
  const found = [...directory.all()]
    .filter(({ name }) => name.startsWith(prefix) && name > after)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const page = found.slice(0, limit ?? 1000)
  const more = page.length < found.length && limit !== undefined
  return {
    output: {
      ...(page.length > 0 ? { QueueUrls: page.map(({ url }) => url) } : {}),
      ...(more ? { NextToken: page.at(-1)!.name } : {}),
    },
  }
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
  const queue = findQueue(request)
  const attributes = optionalObject(request.fields, 'Attributes') ?? {}
  for (const name of Object.keys(attributes)) {
    if (SETTING_NAMES.includes(name) || IGNORED_ATTRIBUTES.has(name)) continue
    throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}: the local cloud cannot set it.`)
  }
  queue.configure(readQueueSettings(attributes))
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
  const createdSeconds = String(Math.floor(queue.createdAt / 1000))
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: createdSeconds,
    LastModifiedTimestamp: createdSeconds,
    SqsManagedSseEnabled: 'true',
    ...writeSettings(queue.settings),
  }
}

/** Includes those that no queue here has. AWS leaves them out of its answer. */
const KNOWN_ATTRIBUTES = new Set([
  ...SETTING_NAMES,
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'ContentBasedDeduplication',
  'CreatedTimestamp',
  'DeduplicationScope',
  'FifoQueue',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'LastModifiedTimestamp',
  'Policy',
  'QueueArn',
  'RedriveAllowPolicy',
  'SqsManagedSseEnabled',
])
