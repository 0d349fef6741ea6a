import { createHash } from 'node:crypto'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import type { CloudContext } from '../../context.ts'
import { uuidOfHash } from '../../uuid-of-hash.ts'
import type { FunctionInvoker } from '../function-invoker.ts'
import type { CreatedResource, LocalService, MadeResource, ResolvedResource } from '../service.ts'
import type { Queue } from '../sqs/queue.ts'
import { describeMapping } from './describe-mapping.ts'
import type { MappingSettings } from './mapping-settings.ts'
import { readMappingSettings } from './mapping-settings.ts'
import { Poller } from './poller.ts'

/** AWS adds up to 300 concurrent batches a minute. Here each batch is a thread on one machine. */
const MACHINE_CONCURRENCY = 4
/** The time that `close` waits for running batches. Unfinished ones are received again after the next start. */
const CLOSE_WITHIN_MS = 5_000

const NEEDED_ACTIONS = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'] as const

/** The parts of other services that event source mappings need. */
export interface EventSourceMappingDependencies {
  readonly sqs: { queueByArn(arn: string): Queue }
  readonly functions: FunctionInvoker & {
    roleArn(functionArn: string): string
    functionName(functionArn: string): string
  }
  /** Returns true if the role's policies allow an action, as IAM decides it. */
  readonly mayCall: (roleArn: string, action: string, resourceArn: string) => boolean
}

export interface EventSourceMappings extends LocalService {
  /** Describes every mapping as Lambda's API does. */
  descriptions(): ReturnType<typeof describeMapping>[]
}

interface Mapping {
  readonly settings: MappingSettings
  readonly queue: Queue
  readonly functionArn: string
}

/**
 * Event source mappings from SQS queues to functions. They poll from `start` on, when all policies are known.
 *
 * @example
 * const mappings = createEventSourceMappings(context, { sqs, functions: lambda, mayCall: iam.mayCall })
 */
export function createEventSourceMappings(
  context: CloudContext,
  deps: EventSourceMappingDependencies,
): EventSourceMappings {
  const mappings = new Map<string, Mapping>()
  /** By the ids of their mappings. */
  const pollers = new Map<string, Poller>()
  /** Pollers of mappings that have gone. They still deal with what they have received. */
  const stopping = new Set<Promise<void>>()
  const createdAt = context.clock.now()

  const create = (resource: ResolvedResource): CreatedResource => {
    const id = uuidOf(resource.logicalId)
    const created = { ref: id, attributes: { Id: id, EventSourceMappingArn: mappingArn(id, context) } }
    const source = resource.properties['EventSourceArn']
    const isQueue = typeof source !== 'string' || source.startsWith('arn:aws:sqs:')
    if (!isQueue) return { ...created, standIn: { reason: `the local cloud reads no ${source.split(':')[2]} stream` } }
    mappings.set(id, readMapping(resource, context, deps))
    return created
  }
  const remove = ({ created: { ref: id } }: MadeResource): void => {
    mappings.delete(id)
    const stopped = pollers.get(id)?.stop()
    pollers.delete(id)
    if (stopped === undefined) return
    stopping.add(stopped)
    void stopped.finally(() => stopping.delete(stopped))
  }

  return {
    name: 'event-source-mapping',
    resources: { 'AWS::Lambda::EventSourceMapping': create },
    descriptions: () =>
      [...mappings].map(([id, { settings, functionArn }]) =>
        describeMapping({ id, arn: mappingArn(id, context), functionArn, settings, createdAt }),
      ),
    changes: { 'AWS::Lambda::EventSourceMapping': { remove } },
    check() {
      requireDistinct([...mappings.values()])
      for (const mapping of mappings.values()) {
        requireLongVisibility(mapping, deps.functions.timeoutMs(mapping.functionArn))
        requirePermissions(mapping, deps)
      }
    },
    start() {
      for (const [id, mapping] of mappings) {
        if (!mapping.settings.enabled || pollers.has(id)) continue
        const poller = createPoller(mapping, context, deps)
        pollers.set(id, poller)
        poller.start()
      }
    },
    async close() {
      const stopped = Promise.all([...[...pollers.values()].map((poller) => poller.stop()), ...stopping])
      let cancel = () => {}
      const timeout = new Promise<void>((resolve) => (cancel = context.clock.after(CLOSE_WITHIN_MS, resolve)))
      await Promise.race([stopped, timeout])
      cancel()
    },
  }
}

function readMapping(
  resource: ResolvedResource,
  { region, accountId }: CloudContext,
  deps: EventSourceMappingDependencies,
): Mapping {
  const settings = readMappingSettings(resource)
  const { functionName, queueArn } = settings
  const functionArn = functionName.startsWith('arn:')
    ? functionName
    : `arn:aws:lambda:${region}:${accountId}:function:${functionName}`
  return { settings, queue: deps.sqs.queueByArn(queueArn), functionArn }
}

function requireDistinct(mappings: readonly Mapping[]): void {
  for (const [index, { settings, queue, functionArn }] of mappings.entries()) {
    if (!mappings.slice(0, index).some((other) => other.queue === queue && other.functionArn === functionArn)) continue
    throw new AssemblyError(
      `${settings.logicalId}: another mapping from ${settings.queueArn} to ${functionArn} already exists.`,
    )
  }
}

function createPoller(
  { settings, queue, functionArn }: Mapping,
  context: CloudContext,
  { functions }: EventSourceMappingDependencies,
): Poller {
  return new Poller({
    context,
    settings,
    queue,
    functions,
    functionArn,
    billedTo: functions.functionName(functionArn),
    maxWorkers: Math.min(settings.maximumConcurrency ?? MACHINE_CONCURRENCY, MACHINE_CONCURRENCY),
  })
}

function requireLongVisibility({ settings, queue }: Mapping, timeoutMs: number): void {
  if (queue.settings.visibilityTimeoutMs >= timeoutMs) return
  throw new AssemblyError(
    `${settings.logicalId}: Queue visibility timeout: ${queue.settings.visibilityTimeoutMs / 1000} seconds is less ` +
      `than Function timeout: ${timeoutMs / 1000} seconds. Make it six times the function's timeout.`,
  )
}

function requirePermissions(
  { settings, queue, functionArn }: Mapping,
  { functions, mayCall }: EventSourceMappingDependencies,
): void {
  const roleArn = functions.roleArn(functionArn)
  for (const action of NEEDED_ACTIONS) {
    if (mayCall(roleArn, `sqs:${action}`, queue.arn)) continue
    throw new AssemblyError(
      `${settings.logicalId}: The function execution role does not have permissions to call ${action} on SQS. ` +
        `Grant ${roleArn} sqs:${action} on ${queue.arn} (in CDK: queue.grantConsumeMessages(fn)).`,
    )
  }
}

function mappingArn(id: string, { region, accountId }: CloudContext): string {
  return `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${id}`
}

/** The same mapping has the same id after a restart. */
function uuidOf(logicalId: string): string {
  return uuidOfHash(createHash('md5').update(logicalId).digest('hex'))
}
