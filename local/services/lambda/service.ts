import { randomUUID } from 'node:crypto'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import { AwsError } from '../../wire/call.ts'
import type { FailureQueues } from '../failure-queues.ts'
import type { EventInvoker, FunctionInvoker } from '../function-invoker.ts'
import type { Credentials } from '../iam/service.ts'
import type { CreatedResource, LocalService, ResolvedResource } from '../service.ts'
import { ACCOUNT_CONCURRENCY, AccountConcurrency } from './concurrency.ts'
import { MAX_REQUEST_BYTES } from './error-payloads.ts'
import { EventInvocations } from './event-invocations.ts'
import { parseEventInvokeConfig } from './event-invoke-config.ts'
import { parseFunction } from './function-configuration.ts'
import { FunctionPool } from './function-pool.ts'
import { createLambdaApi, requestTooLarge } from './lambda-api.ts'
import { FunctionPermissions } from './permissions.ts'

export interface LambdaDeps {
  /** Makes the keys whose signature tells the local cloud that a call comes from this function. */
  readonly credentials: (roleArn: string, functionName: string) => Credentials
  /** Returns the folder of an asset of the assembly. */
  readonly assetPath: (s3Key: string) => string
  /** The queues that get the events that Lambda gives up on. */
  readonly failures: FailureQueues
  /** The file that `buildRuntime` wrote. */
  readonly runtimePath: string
  /** The number of threads that one function may have on this machine. Further callers wait in line. 4 by default. */
  readonly maxEnvironmentsPerFunction?: number
  /** The time for which an idle environment is kept warm. Two minutes by default. */
  readonly idleEnvironmentMs?: number
  /** 1,000 by default, as AWS gives an account. */
  readonly accountConcurrency?: number
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
  /** Kills the environment whose credentials have this key. Its invocation fails with `Runtime.ExitError`. */
  crash(accessKeyId: string): void
}

const DEFAULT_MAX_ENVIRONMENTS = 4
const DEFAULT_IDLE_MS = 2 * 60_000
const SPARE_IDLE_MS = 10_000

/**
 * Lambda: runs the functions of a template in worker threads of this process.
 *
 * @example
 * const assetPath = (key) => join(assemblyDir, key)
 * const lambda = createLambda(context, { credentials, assetPath, failures, runtimePath })
 * const { payload, functionError } = await lambda.invoke(functionArn, JSON.stringify({ name: 'Ada' }))
 */
export function createLambda(context: CloudContext, deps: LambdaDeps): LambdaService {
  const pools = new Map<string, FunctionPool>()
  const concurrency = new AccountConcurrency(deps.accountConcurrency ?? ACCOUNT_CONCURRENCY)
  const permissions = new FunctionPermissions()
  const events = new EventInvocations(context, deps.failures)
  const find = (nameOrArn: string) => findPool(context, pools, nameOrArn)

  function createFunction(resource: ResolvedResource): CreatedResource {
    const pool = createPool(context, deps, concurrency, resource)
    const { name } = pool.configuration
    if (pools.has(name)) throw new AssemblyError(`${resource.logicalId}: another function is named ${name} already.`)
    pools.set(name, pool)
    return { ref: name, attributes: { Arn: pool.functionArn } }
  }

  function createPermission(resource: ResolvedResource): CreatedResource {
    permissions.add(find(String(resource.properties['FunctionName'])).functionArn, resource)
    return { ref: resource.logicalId, attributes: { Id: resource.logicalId } }
  }

  function configureEvents(resource: ResolvedResource): CreatedResource {
    const { name } = find(String(resource.properties['FunctionName'])).configuration
    events.configure(name, parseEventInvokeConfig(resource))
    return { ref: `${name}:$LATEST`, attributes: {} }
  }

  return {
    name: 'lambda',
    resources: {
      'AWS::Lambda::EventInvokeConfig': configureEvents,
      'AWS::Lambda::Function': createFunction,
      'AWS::Lambda::LayerVersion': (resource) => createLayerVersion(context, resource),
      'AWS::Lambda::Permission': createPermission,
    },
    api: createLambdaApi({
      functions: () => pools.values(),
      find,
      throttleReason: (name) => concurrency.throttleReason(name),
      events,
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
    runningInvocations: () => concurrency.running,
    crash(accessKeyId) {
      for (const pool of pools.values()) pool.crash(accessKeyId)
    },
    async close() {
      events.close()
      await Promise.all([...pools.values()].map((pool) => pool.close()))
    },
  }
}

function createPool(
  context: CloudContext,
  deps: LambdaDeps,
  concurrency: AccountConcurrency,
  resource: ResolvedResource,
): FunctionPool {
  const configuration = parseFunction(resource)
  const { name, roleArn, reservedConcurrency } = configuration
  if (reservedConcurrency !== undefined) concurrency.reserve(name, reservedConcurrency)
  return new FunctionPool({
    context,
    configuration,
    functionArn: `arn:aws:lambda:${context.region}:${context.accountId}:function:${name}`,
    taskRoot: deps.assetPath(configuration.s3Key),
    runtimePath: deps.runtimePath,
    concurrency,
    credentials: () => deps.credentials(roleArn, name),
    maxEnvironments: deps.maxEnvironmentsPerFunction ?? DEFAULT_MAX_ENVIRONMENTS,
    idleMs: deps.idleEnvironmentMs ?? DEFAULT_IDLE_MS,
    spareIdleMs: SPARE_IDLE_MS,
  })
}

/** A layer has an ARN here and no content: its packages are in the `node_modules` of the project. */
function createLayerVersion({ region, accountId }: CloudContext, resource: ResolvedResource): CreatedResource {
  requireKnownProperties(resource, {
    implemented: ['LayerName'],
    harmless: ['CompatibleArchitectures', 'CompatibleRuntimes', 'Content', 'LicenseInfo'],
  })
  const name = String(resource.properties['LayerName'] ?? resource.logicalId)
  return { ref: `arn:aws:lambda:${region}:${accountId}:layer:${name}:1`, attributes: {} }
}

/** Finds a function by name, ARN or partial ARN (`<account>:function:<name>`), with `$LATEST` as the only qualifier. */
function findPool(context: CloudContext, pools: ReadonlyMap<string, FunctionPool>, nameOrArn: string): FunctionPool {
  const name = nameOrArn.replace(/:\$LATEST$/, '').replace(/^.*:function:/, '')
  const pool = pools.get(name)
  if (pool === undefined) {
    const arn = `arn:aws:lambda:${context.region}:${context.accountId}:function:${name}`
    throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404)
  }
  return pool
}
