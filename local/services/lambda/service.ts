import { randomUUID } from 'node:crypto'
import type { CloudContext } from '../../context.ts'
import type { QueueSender } from '../queue-sender.ts'
import type { EventInvoker, FunctionInvoker } from '../function-invoker.ts'
import type { LocalService } from '../service.ts'
import { MAX_REQUEST_BYTES } from './runtime/error-payloads.ts'
import { EventInvocations } from './events/event-invocations.ts'
import { FunctionStore, type FunctionStoreDeps } from './functions/function-store.ts'
import { createLambdaApi, type MappingDescription, requestTooLarge } from './api/lambda-api.ts'
import { FunctionPermissions } from './functions/permissions.ts'

export interface LambdaDeps extends FunctionStoreDeps {
  /** Sends the events that Lambda gives up on. */
  readonly queues: QueueSender
  /** Describes the event source mappings of the cloud. */
  readonly mappings?: () => readonly MappingDescription[]
}

export interface LambdaService extends LocalService, FunctionInvoker, EventInvoker {
  roleArn(functionArn: string): string
  functionName(functionArn: string): string
  /**
   * Returns true if the function's resource-based policy (`AWS::Lambda::Permission`) lets a service invoke it on behalf
   * of a source, such as `apigateway.amazonaws.com` and
   * `arn:aws:execute-api:<region>:<account>:<apiId>/<stage>/GET/jobs`.
   */
  mayBeInvokedBy(functionArn: string, principal: string, sourceArn: string): boolean
  /** The number of threads that the function has now. */
  environmentCount(functionArn: string): number
  /** The number of invocations that run or wait for an environment now. */
  runningInvocations(): number
  /** Runs another code from now on. Invocations under way finish with the old one. */
  updateCode(functionName: string, directory: string): void
  /** Kills the environment whose credentials have this key. Its invocation fails with `Runtime.ExitError`. */
  crash(accessKeyId: string): void
}

/**
 * Lambda: runs the functions of a template in worker threads of this process.
 *
 * @example
 * const assetPath = (key) => join(assemblyDir, key)
 * const lambda = createLambda(context, { credentials, assetPath, queues, runtimePath })
 * const { payload, functionError } = await lambda.invoke(functionArn, JSON.stringify({ name: 'Ada' }))
 */
export function createLambda(context: CloudContext, deps: LambdaDeps): LambdaService {
  const functions = new FunctionStore(context, deps)
  const permissions = new FunctionPermissions()
  const events = new EventInvocations(context, deps.queues)
  const find = (nameOrArn: string) => functions.find(nameOrArn)
  return {
    name: 'lambda',
    resources: {
      'AWS::Lambda::EventInvokeConfig': (resource) => events.configure(find, resource),
      'AWS::Lambda::Function': (resource) => functions.create(resource),
      'AWS::Lambda::LayerVersion': (resource) => functions.layers.create(resource),
      'AWS::Lambda::Permission': (resource) =>
        permissions.add(find(String(resource.properties['FunctionName'])).functionArn, resource),
      'AWS::Lambda::Version': (resource) => functions.qualifiers.createVersion(find, resource),
      'AWS::Lambda::Alias': (resource) => functions.qualifiers.createAlias(find, resource),
    },
    changes: {
      'AWS::Lambda::EventInvokeConfig': {
        update: (resource) => events.configure(find, resource),
        remove: ({ created }) => events.useDefaults(created),
      },
      'AWS::Lambda::Function': {
        update: (resource, old) => functions.update(resource, old),
        remove: (old) => functions.remove(old),
      },
      'AWS::Lambda::Permission': { remove: ({ resource }) => permissions.remove(resource.logicalId) },
    },
    api: createLambdaApi({
      functions: () => functions.all(),
      find,
      throttleReason: (name) => functions.concurrency.throttleReason(name),
      events,
      mappings: deps.mappings ?? (() => []),
    }),
    async invoke(functionArn, payload) {
      // A UTF-16 unit takes three bytes at most, so short strings need no counting.
      if (payload.length * 3 > MAX_REQUEST_BYTES) {
        const bytes = Buffer.byteLength(payload)
        if (bytes > MAX_REQUEST_BYTES) throw requestTooLarge(bytes)
      }
      return await find(functionArn).invoke(payload)
    },
    invokeEvent: (functionArn, payload) => events.accept(find(functionArn), payload, randomUUID()),
    timeoutMs: (functionArn) => find(functionArn).configuration.timeoutMs,
    roleArn: (functionArn) => find(functionArn).configuration.roleArn,
    functionName: (functionArn) => find(functionArn).configuration.name,
    mayBeInvokedBy: (functionArn, principal, sourceArn) =>
      permissions.allows(find(functionArn).functionArn, principal, sourceArn),
    environmentCount: (functionArn) => find(functionArn).environmentCount,
    runningInvocations: () => functions.concurrency.running,
    updateCode: (functionName, directory) => functions.updateCode(functionName, directory),
    start: () => functions.followAssembly(),
    crash(accessKeyId) {
      for (const pool of functions.all()) pool.crash(accessKeyId)
    },
    async close() {
      events.close()
      await Promise.all([...functions.all()].map((pool) => pool.close()))
    },
  }
}
