import { join } from 'node:path'
import { loadCloudAssembly, type CloudAssembly } from './assembly/cloud-assembly.ts'
import type { UpdateSummary } from './assembly/update.ts'
import { realClock, type Clock } from './clock.ts'
import { createCloudServices, type CloudServices, type CloudServicesOptions } from './cloud-services.ts'
import type { CloudContext, LogEntry } from './context.ts'
import { lockDataDirectory } from './data-lock.ts'
import { CallLog } from './faults/call-log.ts'
import { createFaultInjector } from './faults/fault-injector.ts'
import type { FaultPlan } from './faults/fault-plan.ts'
import { LiveStacks } from './live-stacks.ts'
import { Meter } from './meter.ts'
import { countActivity, describeStacks, mergedOutputs, runningStacks, updateFunctionCode } from './running-stacks.ts'
import type { Activity, RunningStack } from './running-stacks.ts'
import { createCloudFormation } from './services/cloudformation/service.ts'
import { openEngine, pretendedEngine, type Engine } from './services/dynamodb/engine.ts'
import { rewriteApiUrls } from './services/execute-api-urls.ts'
import { AssemblyAssets } from './services/lambda/definition/assembly-assets.ts'
import type { CallInterceptor } from './wire/call.ts'
import { startWireServer, type Routes, type WireServer } from './wire/server.ts'
import type { StandIn } from './wire/unavailable-call.ts'

export type { UpdateSummary } from './assembly/update.ts'
export type { Activity, RunningResource, RunningStack } from './running-stacks.ts'
export type { StandIn } from './wire/unavailable-call.ts'

export interface CloudOptions {
  /** The cloud assembly, as `cdk synth` writes it, usually `cdk.out`. */
  readonly assemblyDir: string
  /** The stack to run, with those that it depends on. Absent: all stacks of the assembly. */
  readonly stackName?: string
  /** Values of the templates' parameters, by name. A parameter that is not here takes its default. */
  readonly parameters?: Readonly<Record<string, string>>
  /** 0, the default, takes any free port. */
  readonly port?: number
  /**
   * The folder that keeps queues, tables and secrets across restarts. Absent: they are in memory and end with the
   * process.
   */
  readonly dataDir?: string
  /**
   * The file that keeps secrets across restarts without a `dataDir`, so that tokens stay valid. By default secrets are
   * in `dataDir`, or in memory.
   */
  readonly secretsFile?: string
  /**
   * Lets the code of functions reach AWS itself, with the settings and profiles of this machine, when the code asks for
   * it: with an endpoint and credentials of its own. By default every call to AWS is answered locally or refused.
   */
  readonly allowRealAws?: boolean
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
  /** The outputs of all stacks, with the local addresses of their APIs. Of two with one name, the first stack's. */
  readonly outputs: Readonly<Record<string, string>>
  /** The stacks that run now, by name. Nested stacks are among them. */
  readonly stacks: Readonly<Record<string, RunningStack>>
  /** The resources that nothing runs behind. Calls on them fail. */
  readonly standIns: readonly StandIn[]
  readonly accountId: string
  readonly region: string
  readonly meter: Meter
  /** The AWS calls that were made, by caller and operation. */
  readonly calls: CallLog
  /** Returns the work under way at this moment: none once a run is over. */
  activity(): Activity
  /**
   * Applies a new assembly. Resources that did not change stay, with their data, sockets and jobs. Changed ones change
   * in place where they can, and are made anew with a warning where they cannot. If it fails, all is as before.
   */
  update(assemblyDir: string): Promise<UpdateSummary>
  /**
   * Runs the code of a folder in place of a function's own: in every invocation that begins from now on. Invocations
   * under way finish with the old code. `stackName` and `logicalId` are those of the template. The folder must stay as
   * it is while its code runs: give each version a folder of its own.
   */
  updateFunctionCode(stackName: string, logicalId: string, directory: string): Promise<void>
  /** Ends everything that was started. May be called more than once. */
  close(): Promise<void>
}

const ACCOUNT_ID = '000000000000'

/**
 * Runs the stacks of a synthesized CDK app on this machine, and resolves once they serve.
 *
 * @example
 * const cloud = await startCloud({ assemblyDir: 'cdk.out', runtimePath: '.jobwire/lambda-runtime.cjs' })
 * await fetch(cloud.outputs.RestUrl)
 * await cloud.close()
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const log = options.log ?? logToStderr
  const parts: Parts = {}
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= closeParts(parts, log))
  try {
    const assembly = loadCloudAssembly(options.assemblyDir, options.stackName)
    if (options.dataDir !== undefined) parts.lock = lockDataDirectory(options.dataDir)
    const engine = openEngine({ log, ...(options.dataDir && { dataDir: options.dataDir }) }, options.dynamodbEndpoint)
    parts.engine = engine
    parts.server = await startWireServer(options.port ?? 0, log)
    const context = createCloudContext(options, parts.server.port, log)
    const assets = new AssemblyAssets()
    const services = createCloudServices(context, { ...lambdaOptions(options), assets, engine })
    parts.services = services
    const stacks = new LiveStacks({
      context,
      services,
      trialServices: (next) => trialServices(context, next, options),
      useAssets: (next) => assets.use(next),
      ...(options.parameters && { parameters: options.parameters }),
    })
    await stacks.deploy(assembly)
    await engine.started
    const calls = new CallLog()
    parts.server.serve(routes(options, { context, services, calls, stacks }))
    await stacks.start()
    return createCloud(options, { context, services, stacks, calls, close })
  } catch (error) {
    await close()
    throw error
  }
}

/** The parts started so far. */
interface Parts {
  lock?: { release(): void }
  engine?: Engine
  server?: WireServer
  services?: CloudServices
}

interface RunningParts {
  readonly context: CloudContext
  readonly services: CloudServices
  readonly stacks: LiveStacks
  readonly calls: CallLog
  readonly close: () => Promise<void>
}

function createCloud(options: CloudOptions, { context, services, stacks, calls, close }: RunningParts): Cloud {
  const { endpoint, accountId, region, meter } = context
  const { functions, sqs } = services
  const localText = localAddresses(context, services)
  let lastUpdate: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(task: () => Promise<Result>): Promise<Result> => {
    const result = lastUpdate.then(task)
    lastUpdate = result.catch(() => undefined)
    return result
  }
  return {
    endpoint,
    port: Number(new URL(endpoint).port),
    get outputs() {
      return mergedOutputs(stacks.deployed, localText)
    },
    get stacks() {
      return runningStacks(stacks.deployed, localText)
    },
    get standIns() {
      return stacks.standIns
    },
    accountId,
    region,
    meter,
    calls,
    activity: () => countActivity(functions, sqs),
    update: (assemblyDir) => inTurn(async () => stacks.update(loadCloudAssembly(assemblyDir, options.stackName))),
    updateFunctionCode: (stackName, logicalId, directory) =>
      inTurn(async () => updateFunctionCode(stacks.deployed, functions, { stackName, logicalId, directory })),
    close,
  }
}

function routes(
  options: CloudOptions,
  { context, services, calls, stacks }: Pick<RunningParts, 'context' | 'services' | 'calls' | 'stacks'>,
): Routes {
  const { stores, actors, iam, functions, webSocketApi, executeApis } = services
  const cloudFormation = createCloudFormation(context, {
    stacks: () => describeStacks(stacks.deployed, localAddresses(context, services)),
  })
  const apis = [...stores, ...actors, cloudFormation].flatMap(({ api }) => api ?? [])
  const faults = createFaultInjector(options.faults ?? {}, {
    clock: context.clock,
    crash: (accessKeyId) => functions.crash(accessKeyId),
    cutConnection: (connectionId) => webSocketApi.cut(connectionId),
  })
  return {
    apis,
    executeApis,
    interceptors: [...(options.interceptors ?? []), calls.interceptor, faults, iam.interceptor(apis)],
    principalOf: iam.principalOf,
    standIns: () => stacks.standIns,
  }
}

/** Returns the function that writes the local addresses of APIs into a text. */
function localAddresses({ endpoint }: CloudContext, { executeApis }: CloudServices): (text: string) => string {
  return (text) => rewriteApiUrls(text, endpoint, (apiId) => executeApis.some((api) => api.owns(apiId)))
}

function lambdaOptions(options: CloudOptions): Omit<CloudServicesOptions, 'assets' | 'engine'> {
  const { runtimePath, idleEnvironmentMs, maxEnvironmentsPerFunction } = options
  return {
    runtimePath,
    ...(idleEnvironmentMs !== undefined && { idleEnvironmentMs }),
    ...(maxEnvironmentsPerFunction !== undefined && { maxEnvironmentsPerFunction }),
  }
}

/** Makes services for the trial of an update: in memory, with nothing behind them. */
function trialServices(context: CloudContext, assembly: CloudAssembly, options: CloudOptions): CloudServices {
  const assets = new AssemblyAssets()
  assets.use(assembly)
  const { dataDir: _, secretsFile: __, ...inMemory } = context
  return createCloudServices(inMemory, { ...lambdaOptions(options), assets, engine: pretendedEngine() })
}

function createCloudContext(
  { clock = realClock, dataDir, secretsFile, faults, maxInFlight, allowRealAws }: CloudOptions,
  port: number,
  log: CloudContext['log'],
): CloudContext {
  return {
    accountId: ACCOUNT_ID,
    region: process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    clock,
    meter: new Meter(),
    ...(dataDir === undefined ? {} : { dataDir, secretsFile: join(dataDir, 'secrets.json') }),
    ...(secretsFile === undefined ? {} : { secretsFile }),
    ...(faults === undefined ? {} : { faults }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...(allowRealAws === undefined ? {} : { allowRealAws }),
    log,
  }
}

/**
 * Ends the services that run functions first, while their calls still get answers; then the server; and the stores
 * last, so that no store is gone while a call for it can still arrive.
 */
async function closeParts({ lock, engine, server, services }: Parts, log: CloudContext['log']): Promise<void> {
  const { stores = [], actors = [] } = services ?? {}
  const steps = [
    ...actors.toReversed().map((service) => () => service.close?.()),
    () => server?.close(),
    ...stores.toReversed().map((service) => () => service.close?.()),
    () => engine?.close(),
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

function logToStderr({ source, level, message }: LogEntry): void {
  if (level === 'warn' || level === 'error') process.stderr.write(`${level} ${source}: ${message}\n`)
}
