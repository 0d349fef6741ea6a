import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import { AwsError } from '../../wire/call.ts'
import { countOf } from '../count-of.ts'
import { allowsService, deniesPlainHttp } from '../resource-policy.ts'
import type { CreatedResource, LocalService, MadeResource, ResolvedResource } from '../service.ts'
import type { Tags } from './api/operation.ts'
import { FIFO_NAMES } from './fifo/fifo-settings.ts'
import type { Queue } from './queue.ts'
import { QueueStore } from './queue-store.ts'
import type { QueueSettings } from './queue-settings.ts'
import { readNewSettings, SETTING_NAMES } from './queue-settings.ts'
import { requireDeadLetterTarget } from './redrive-policy.ts'
import { createSqsApi } from './api/sqs-api.ts'

export interface SqsService extends LocalService {
  /** Throws an `AssemblyError` if the stack has no such queue. */
  queueByArn(arn: string): Queue
  queues(): Iterable<Queue>
}

/**
 * SQS: standard and FIFO queues with dead-letter queues, kept in the context's data directory if it has one.
 *
 * @example
 * const sqs = createSqs(context)
 * const { ref: queueUrl } = await sqs.resources['AWS::SQS::Queue']!(resource)
 */
export function createSqs(context: CloudContext): SqsService {
  const store = new QueueStore(context)

  const createQueue = (resource: ResolvedResource): CreatedResource => {
    const { name, ...options } = readQueueResource(resource)
    if (store.byName(name) !== undefined) {
      throw new AssemblyError(`${resource.logicalId}: another queue is already named ${name}.`)
    }
    return describeCreated(store.add(name, options))
  }

  const updateQueue = (resource: ResolvedResource, old: MadeResource): CreatedResource | undefined => {
    const { name, settings, tags } = readQueueResource(resource)
    const queue = store.byName(name)
    if (queue === undefined || queue.url !== old.created.ref) return undefined
    queue.configure({ redrive: undefined, ...settings })
    queue.tags.clear()
    for (const [key, value] of Object.entries(tags)) queue.tags.set(key, value)
    return describeCreated(queue)
  }

  const removeQueue = ({ created: { attributes } }: MadeResource): void => {
    const queue = store.byName(attributes['QueueName']!)
    if (queue !== undefined) store.remove(queue)
  }

  const countMessages = ({ created: { attributes } }: MadeResource): string | undefined => {
    const { visible = 0, delayed = 0, inFlight = 0 } = store.byName(attributes['QueueName']!)?.counts() ?? {}
    return countOf(visible + delayed + inFlight, 'message')
  }

  return {
    name: 'sqs',
    resources: { 'AWS::SQS::Queue': createQueue, 'AWS::SQS::QueuePolicy': createQueuePolicy },
    changes: { 'AWS::SQS::Queue': { update: updateQueue, remove: removeQueue, holds: countMessages } },
    api: createSqsApi(store, context.meter),
    queues: () => store.all(),
    queueByArn(arn) {
      const queue = store.byArn(arn)
      if (queue === undefined) throw new AssemblyError(`The stack has no queue ${arn}.`)
      return queue
    },
    check() {
      for (const queue of store.all()) if (!store.isScratch(queue)) requireDeadLetterQueue(queue, store)
    },
    start() {
      store.restoreScratchQueues()
    },
    close() {
      store.close()
      return Promise.resolve()
    },
  }
}

function describeCreated({ name, arn, url }: Queue): CreatedResource {
  return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } }
}

interface QueueProperties {
  readonly name: string
  readonly settings: QueueSettings
  readonly tags: Tags
}

function readQueueResource(resource: ResolvedResource): QueueProperties {
  const { logicalId, properties } = resource
  requireKnownProperties(resource, {
    implemented: ['QueueName', 'Tags', ...SETTING_NAMES, ...FIFO_NAMES],
    // Nothing here is encrypted, and any queue may be the dead-letter queue of another.
    harmless: ['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'RedriveAllowPolicy'],
  })
  // The logical id takes the place of a random name, so that ids and URLs stay the same after a restart.
  const isFifo = String(properties['FifoQueue'] ?? false) === 'true'
  const ownName = isFifo ? `${logicalId.slice(0, 75)}.fifo` : logicalId.slice(0, 80)
  const name = String(properties['QueueName'] ?? ownName)
  if (name.length > 80 || !(isFifo ? /^[\w-]+\.fifo$/ : /^[\w-]+$/).test(name)) {
    throw new AssemblyError(
      `${logicalId}: a queue's name has 1 to 80 letters, digits, hyphens and underscores; ` +
        `that of a FIFO queue ends with .fifo, and no other does.`,
    )
  }
  const settings = asAssemblyError(logicalId, () => readNewSettings(properties))
  return { name, settings, tags: readTemplateTags(properties['Tags']) }
}

/** Says in which queue of the template there is a mistake that AWS refuses. */
function asAssemblyError<T>(queue: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof AwsError) throw new AssemblyError(`${queue}: ${error.message}`, { cause: error })
    throw error
  }
}

function readTemplateTags(tags: unknown): Tags {
  if (!Array.isArray(tags)) return {}
  return Object.fromEntries(
    (tags as readonly { Key?: unknown; Value?: unknown }[]).map(({ Key, Value }) => [String(Key), String(Value)]),
  )
}

function requireDeadLetterQueue({ name, arn: ownArn, settings: { redrive } }: Queue, store: QueueStore): void {
  asAssemblyError(name, () =>
    requireDeadLetterTarget({ redrive, ownArn }, (target) => store.byArn(target) !== undefined),
  )
}

/**
 * Accepts the policy that CDK's `enforceSSL` makes: it denies requests without TLS. The local cloud has no TLS on
 * purpose, on an address that only this machine reaches. It accepts also what lets services send, such as SNS and
 * EventBridge, which are stand-ins here. Any other statement would grant or deny something that a program can observe,
 * so it is refused.
 */
function createQueuePolicy(resource: ResolvedResource): CreatedResource {
  requireKnownProperties(resource, { implemented: ['PolicyDocument', 'Queues'] })
  const document = resource.properties['PolicyDocument'] as { Statement?: unknown } | undefined
  const statements = [document?.Statement ?? []].flat()
  for (const statement of statements) {
    if (deniesPlainHttp(statement) || allowsService(statement)) continue
    throw new AssemblyError(
      `${resource.logicalId} (${resource.type}): the local cloud knows only the queue policies that enforceSSL ` +
        `makes (Deny where aws:SecureTransport is false) and that let services of AWS send. Grant access by the roles of the callers instead.`,
    )
  }
  return { ref: resource.logicalId, attributes: { Id: resource.logicalId } }
}
