import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import { AwsError } from '../../wire/call.ts'
import { deniesPlainHttp } from '../plain-http.ts'
import type { CreatedResource, LocalService, ResolvedResource } from '../service.ts'
import type { Tags } from './api/operation.ts'
import type { Queue } from './queue.ts'
import { QueueStore } from './queue-store.ts'
import type { QueueSettings } from './queue-settings.ts'
import { defaultSettings, readQueueSettings, SETTING_NAMES } from './queue-settings.ts'
import { createSqsApi } from './api/sqs-api.ts'

export interface SqsService extends LocalService {
  /** Throws an `AssemblyError` if the stack has no such queue. */
  queueByArn(arn: string): Queue
  queues(): Iterable<Queue>
}

/**
 * SQS: standard queues with dead-letter queues, kept in the context's data directory if it has one.
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
    const queue = store.add(name, options)
    return { ref: queue.url, attributes: { Arn: queue.arn, QueueName: name, QueueUrl: queue.url } }
  }

  return {
    name: 'sqs',
    resources: { 'AWS::SQS::Queue': createQueue, 'AWS::SQS::QueuePolicy': createQueuePolicy },
    api: createSqsApi(store, context.meter),
    queues: () => store.all(),
    queueByArn(arn) {
      const queue = store.byArn(arn)
      if (queue === undefined) throw new AssemblyError(`The stack has no queue ${arn}.`)
      return queue
    },
    start() {
      for (const queue of store.all()) requireDeadLetterQueue(queue, store)
      store.restoreScratchQueues()
    },
    close() {
      store.close()
      return Promise.resolve()
    },
  }
}

interface QueueProperties {
  readonly name: string
  readonly settings: QueueSettings
  readonly tags: Tags
}

function readQueueResource(resource: ResolvedResource): QueueProperties {
  const { logicalId, properties } = resource
  requireKnownProperties(resource, {
    implemented: ['QueueName', 'FifoQueue', 'Tags', ...SETTING_NAMES],
  })
  // The logical id takes the place of a random name, so that ids and URLs stay the same after a restart.
  const name = String(properties['QueueName'] ?? logicalId.slice(0, 80))
  if (properties['FifoQueue'] === true || properties['FifoQueue'] === 'true' || name.endsWith('.fifo')) {
    throw new AssemblyError(`${logicalId}: the local cloud does not implement FIFO queues. Use a standard queue.`)
  }
  if (!/^[\w-]{1,80}$/.test(name)) {
    throw new AssemblyError(`${logicalId}: a queue's name has 1 to 80 letters, digits, hyphens and underscores.`)
  }
  try {
    const settings = { ...defaultSettings(), ...readQueueSettings(properties) }
    return { name, settings, tags: readTemplateTags(properties['Tags']) }
  } catch (error) {
    if (error instanceof AwsError) throw new AssemblyError(`${logicalId}: ${error.message}`, { cause: error })
    throw error
  }
}

function readTemplateTags(tags: unknown): Tags {
  if (!Array.isArray(tags)) return {}
  return Object.fromEntries(
    (tags as readonly { Key?: unknown; Value?: unknown }[]).map(({ Key, Value }) => [String(Key), String(Value)]),
  )
}

function requireDeadLetterQueue(queue: Queue, store: QueueStore): void {
  const target = queue.settings.redrive?.deadLetterArn
  if (target === undefined || (store.byArn(target) !== undefined && target !== queue.arn)) return
  throw new AssemblyError(`${queue.name}: its dead-letter queue ${target} is not another queue of this stack.`)
}

/**
 * Accepts the policy that CDK's `enforceSSL` makes: it denies requests without TLS. The local cloud has no TLS on
 * purpose, on an address that only this machine reaches. Any other statement would grant or deny something that a
 * program can observe, so it is refused.
 */
function createQueuePolicy(resource: ResolvedResource): CreatedResource {
  requireKnownProperties(resource, { implemented: ['PolicyDocument', 'Queues'] })
  const document = resource.properties['PolicyDocument'] as { Statement?: unknown } | undefined
  const statements = [document?.Statement ?? []].flat()
  for (const statement of statements) {
    if (deniesPlainHttp(statement)) continue
    throw new AssemblyError(
      `${resource.logicalId} (${resource.type}): the local cloud knows queue policies only as enforceSSL makes them ` +
        `(Deny where aws:SecureTransport is false). Grant access by the roles of the callers instead.`,
    )
  }
  return { ref: resource.logicalId, attributes: { Id: resource.logicalId } }
}
