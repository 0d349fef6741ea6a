import { loadCloudAssembly, type StackAssembly } from './assembly/cloud-assembly.ts'
import { deployStack } from './assembly/deployment.ts'
import { realClock, type Clock } from './clock.ts'
import type { CloudContext, LogEntry } from './context.ts'
import { lockDataDirectory } from './data-lock.ts'
import { CallLog } from './faults/call-log.ts'
import { createFaultInjector } from './faults/fault-injector.ts'
import type { FaultPlan } from './faults/fault-plan.ts'
import { Meter } from './meter.ts'
import { createDynamoDb } from './services/dynamodb/service.ts'
import { createEventSourceMappings } from './services/event-source-mapping/service.ts'
import { rewriteApiUrls } from './services/execute-api-urls.ts'
import { createFailureQueues } from './services/failure-queues.ts'
import { createIam, type IamService } from './services/iam/service.ts'
import { createLambda, type LambdaService } from './services/lambda/service.ts'
import { createLogs } from './services/logs/service.ts'
import { createRestApi } from './services/rest-api/service.ts'
import { createS3 } from './services/s3/service.ts'
import { createScheduler } from './services/scheduler/service.ts'
import { createSecretsManager } from './services/secrets-manager/service.ts'
import type { ExecuteApi, LocalService } from './services/service.ts'
import { createSqs, type SqsService } from './services/sqs/service.ts'
import { createWebSocketApi, type WebSocketApiService } from './services/websocket-api/service.ts'
import type { CallInterceptor } from './wire/call.ts'
import { startWireServer, type WireServer } from './wire/server.ts'

export interface CloudOptions {
  /** The cloud assembly, as `cdk synth` writes it, usually `cdk.out`. */
  readonly assemblyDir: string
  /** The stack of the assembly to run. Needed only if it has several. */
  readonly stackName?: string
  /** 0, the default, takes any free port. */
  readonly port?: number
  /**
   * The folder that keeps queues, tables and secrets across restarts. Absent: they are in memory and end with the
   * process.
   */
  readonly dataDir?: string
  readonly clock?: Clock
  /** Any DynamoDB endpoint to use instead of our own Dynoxide. */
  readonly dynamodbEndpoint?: string
  /** The bundled bootstrap of function threads, see `buildRuntime` of the Lambda service. */
  readonly runtimePath: string
  /** The number of threads that one function may have on this machine. 4 by default. */
  readonly maxEnvironmentsPerFunction?: number
  /** The time for which an idle environment is kept warm, on the clock. Two minutes by default. */
  readonly idleEnvironmentMs?: number
  /**
   * The messages of one queue that may be in flight at once. AWS allows 120,000 or so, too many for a test of what
   * happens beyond them.
   */
  readonly maxInFlight?: number
  /** Interceptors that every AWS call passes, outermost first. The check of permissions comes after them. */
  readonly interceptors?: readonly CallInterceptor[]
  /**
   * Faults to inject: crashes, throttles, duplicates, broken connections; none by default. A hand-made plan names the
   * points of a run; `seededFaults` picks them by chance.
   */
  readonly faults?: FaultPlan
  /** Writes warnings and errors to stderr by default. */
  readonly log?: (entry: LogEntry) => void
}

export interface Cloud {
  /** The address of all AWS APIs, for `AWS_ENDPOINT_URL` and `--endpoint-url`. */
  readonly endpoint: string
  readonly port: number
  /** The stack's outputs, with the local addresses of its APIs. */
  readonly outputs: Readonly<Record<string, string>>
  readonly accountId: string
  readonly region: string
  readonly meter: Meter
  /** The AWS calls that were made, by caller and operation. */
  readonly calls: CallLog
  /** Returns the work under way at this moment: none once a run is over. */
  activity(): Activity
  /** Ends everything that was started. May be called more than once. */
  close(): Promise<void>
}

export interface Activity {
  /** Invocations of functions that run or wait for an environment. */
  readonly invocations: number
  /** Messages in queues that can be received. */
  readonly visible: number
  /** Messages that are hidden for now, because they are delayed or were received. */
  readonly hidden: number
}

const ACCOUNT_ID = '000000000000'

/**
 * Runs a synthesized stack on this machine, and resolves once it serves.
 *
 * @example
 * const cloud = await startCloud({ assemblyDir: 'cdk.out', runtimePath: '.jobwire/lambda-runtime.cjs' })
 * await fetch(cloud.outputs.RestUrl)
 * await cloud.close()
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const log = options.log ?? logToStderr
  const assembly = loadCloudAssembly(options.assemblyDir, options.stackName)
  const parts: Parts = { stores: [], actors: [], executeApis: [] }
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= closeParts(parts, log))
  try {
    if (options.dataDir !== undefined) parts.lock = lockDataDirectory(options.dataDir)
    parts.server = await startWireServer(options.port ?? 0, log)
    const context = createCloudContext(options, parts.server.port, log)
    const { iam, sqs, functions, webSocketApi } = await createServices(context, parts, { options, assembly })
    const services = [...parts.stores, ...parts.actors]
    const { accountId, region, endpoint, meter } = context
    const { stackName, template } = assembly
    const outputs = await deployStack({ stackName, template, services, accountId, region })

    const apis = services.flatMap(({ api }) => api ?? [])
    const calls = new CallLog()
    const faults = createFaultInjector(options.faults ?? {}, {
      clock: context.clock,
      crash: (accessKeyId) => functions.crash(accessKeyId),
      cutConnection: (connectionId) => webSocketApi.cut(connectionId),
    })
    parts.server.serve({
      apis,
      executeApis: parts.executeApis,
      interceptors: [...(options.interceptors ?? []), calls.interceptor, faults, iam.interceptor(apis)],
      principalOf: iam.principalOf,
    })
    for (const service of services) await service.start?.()
    return {
      endpoint,
      port: parts.server.port,
      outputs: withLocalAddresses(outputs, endpoint, parts.executeApis),
      accountId,
      region,
      meter,
      calls,
      activity: () => countActivity(functions, sqs),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function countActivity(functions: LambdaService, sqs: SqsService): Activity {
  const counts = [...sqs.queues()].map((queue) => queue.counts())
  return {
    invocations: functions.runningInvocations(),
    visible: counts.reduce((sum, { visible }) => sum + visible, 0),
    hidden: counts.reduce((sum, { delayed, inFlight }) => sum + delayed + inFlight, 0),
  }
}

/** The parts started so far, in order. */
interface Parts {
  lock?: { release(): void }
  server?: WireServer
  /** Services that keep state and call nobody. */
  readonly stores: LocalService[]
  /** Services that run functions, which call the stores through the server. */
  readonly actors: LocalService[]
  readonly executeApis: ExecuteApi[]
}

function createCloudContext(
  { clock = realClock, dataDir, faults, maxInFlight }: CloudOptions,
  port: number,
  log: CloudContext['log'],
): CloudContext {
  return {
    accountId: ACCOUNT_ID,
    region: process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    clock,
    meter: new Meter(),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(faults === undefined ? {} : { faults }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    log,
  }
}

async function createServices(
  context: CloudContext,
  { stores, actors, executeApis }: Parts,
  { options, assembly }: { readonly options: CloudOptions; readonly assembly: StackAssembly },
): Promise<{ iam: IamService; sqs: SqsService; functions: LambdaService; webSocketApi: WebSocketApiService }> {
  const { dynamodbEndpoint, runtimePath } = options
  const iam = createIam(context)
  stores.push(iam, createLogs(context), createSecretsManager(context))
  stores.push(await createDynamoDb(context, dynamodbEndpoint === undefined ? {} : { endpoint: dynamodbEndpoint }))
  const sqs = createSqs(context)
  stores.push(sqs, createS3(context, { mayCall: iam.mayCall }))

  const { assetPath } = assembly
  const failures = createFailureQueues(context, { sqs, mayCall: iam.mayCall })
  const functions = createLambda(context, {
    credentials: iam.credentials,
    assetPath,
    failures,
    runtimePath,
    ...(options.idleEnvironmentMs !== undefined && { idleEnvironmentMs: options.idleEnvironmentMs }),
    ...(options.maxEnvironmentsPerFunction !== undefined && {
      maxEnvironmentsPerFunction: options.maxEnvironmentsPerFunction,
    }),
  })
  const restApi = createRestApi(context, { functions, roles: iam })
  const webSocketApi = createWebSocketApi(context, { functions, roles: iam })
  const mappings = createEventSourceMappings(context, { sqs, functions, mayCall: iam.mayCall })
  const scheduler = createScheduler(context, {
    sqs,
    functions,
    failures,
    mayCall: iam.mayCall,
    mayAssume: iam.mayAssume,
  })
  actors.push(functions, restApi, webSocketApi, mappings, scheduler)
  executeApis.push(restApi, webSocketApi)
  return { iam, sqs, functions, webSocketApi }
}

/**
 * Ends the services that run functions first, while their calls still get answers; then the server; and the stores
 * last, so that no store is gone while a call for it can still arrive.
 */
async function closeParts({ lock, server, stores, actors }: Parts, log: CloudContext['log']): Promise<void> {
  const steps = [
    ...actors.toReversed().map((service) => () => service.close?.()),
    () => server?.close(),
    ...stores.toReversed().map((service) => () => service.close?.()),
    () => lock?.release(),
  ]
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      log({ source: 'cloud', level: 'error', message: `While closing: ${String(error)}` })
    }
  }
}

function withLocalAddresses(
  outputs: Readonly<Record<string, string>>,
  endpoint: string,
  executeApis: readonly ExecuteApi[],
): Record<string, string> {
  const isKnown = (apiId: string): boolean => executeApis.some((api) => api.owns(apiId))
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, rewriteApiUrls(value, endpoint, isKnown)]),
  )
}

function logToStderr({ source, level, message }: LogEntry): void {
  if (level === 'warn' || level === 'error') process.stderr.write(`${level} ${source}: ${message}\n`)
}
