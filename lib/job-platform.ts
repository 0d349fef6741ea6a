import { Stack } from 'aws-cdk-lib/core'
import type { Function, ILayerVersion } from 'aws-cdk-lib/aws-lambda'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { ENVIRONMENT } from '../lambdas/environment.ts'
import { bundleFunctions, type FunctionBundle } from './constructs/function-bundle.ts'
import { allowFailedJobs, allowTables } from './constructs/grants.ts'
import { JobLane } from './constructs/job-lane.ts'
import { allow, consume, createFunction } from './constructs/jobwire-function.ts'
import { PayloadBucket } from './constructs/payload-bucket.ts'
import { RestEndpoint } from './constructs/rest-endpoint.ts'
import { Schedules } from './constructs/schedules.ts'
import { SocketEndpoint } from './constructs/socket-endpoint.ts'
import { TaskLayers } from './constructs/task-layers.ts'
import { Tables } from './constructs/tables.ts'
import { TokenAuthorizer } from './constructs/token-authorizer.ts'
import { Webhooks } from './constructs/webhooks.ts'
import { collectSettings, refuseTopLevelSettings } from './collect-settings.ts'
import { checksInputs, type FunctionEntry } from './function-files.ts'
import { addOutputs } from './platform-outputs.ts'
import { findOwnFolder } from './own-folder.ts'
import { readTaskCatalog } from './task-catalog.ts'
import { FUNCTION_METADATA, type FunctionSource, type TaskSource } from './function-source.ts'
import { taskSource } from './task-source.ts'
import { parseSettings, type Settings } from './settings.ts'
import type { SettingsInput } from './settings-input.ts'

/** The props of a `JobPlatform`: the settings of the deployment, and what belongs to its place in a stack. */
export interface JobPlatformProps extends SettingsInput {
  /**
   * If true, the stack gets the outputs by which the command line finds the deployment: `<id>RestUrl`, `<id>SocketUrl`
   * and `<id>TokenSecretArn`. `<id>` is the id of the construct, after those of the constructs that it is in.
   * @default true
   */
  readonly outputs?: boolean
  /**
   * The folder of the package, for an app that is bundled so that the package is not found.
   * @default - the folder of the package that the construct is imported from
   */
  readonly sourceRoot?: string
}

/** Enough to write a record for each of ten messages. */
const DEAD_LETTER_TIMEOUT_MS = 30_000

/**
 * A whole job platform: a REST API, a WebSocket API, queues by priority with their workers, and tables. You can put it
 * into any stack, as the app of this repository does.
 *
 * @example
 * const jobs = new JobPlatform(stack, 'Jobs', { tasksPath: 'src/tasks.ts', resultTtl: '30d' })
 * bucket.grantRead(jobs.workers.default!)
 * new CfnOutput(stack, 'JobsUrl', { value: jobs.socketUrl })
 */
export class JobPlatform extends Construct {
  /** The address of the REST API: `https://…/v1`, without a slash at the end. */
  readonly restUrl: string
  /** The address of the WebSocket API: `wss://…/v1`. */
  readonly socketUrl: string
  /** The secret that signs tokens. */
  readonly tokenSecret: Secret
  /** The table of the jobs. */
  readonly resultsTable: Table
  /** The table of all that is looked up by name, like sessions. */
  readonly registryTable: Table
  /** The worker function of each lane by its name, so that you can grant it the resources that its tasks use. */
  readonly workers: Readonly<Record<string, Function>>

  constructor(scope: Construct, id: string, props: JobPlatformProps = {}) {
    super(scope, id)
    const { outputs = true, sourceRoot, ...input } = props
    refuseTopLevelSettings(process.cwd())
    const context: unknown = this.node.tryGetContext('jobwire')
    const settings = parseSettings(collectSettings({ context, props: input, environment: process.env }))
    const source = taskSource(findOwnFolder(sourceRoot), settings)
    const catalog = readTaskCatalog(source)
    const bundle = bundleFunctions(source, catalog)
    try {
      const tables = new Tables(this, 'Tables', settings)
      const payloads = new PayloadBucket(this, 'Payloads', settings)
      const socket = new SocketEndpoint(this, 'Socket', { name: `${settings.namePrefix}-socket` })
      const webhooks = new Webhooks(this, 'Webhooks', { ...settings, tables, code: bundle.code('webhooks') })
      const taskNeeds = { layers: new TaskLayers(this, 'Layers', settings).all, environment: settings.environment }
      const schemaNeeds = checksInputs(catalog) ? taskNeeds : { layers: [], environment: {} }
      const parts: Parts = { settings, source, bundle, tables, payloads, socket, webhooks, taskNeeds, schemaNeeds }
      const lanes = createLanes(this, parts)
      const deadLetters = createDeadLetters(this, parts, lanes)
      const tokens = new TokenAuthorizer(this, 'Tokens', { ...settings, code: bundle.code('authorizer') })
      const socketFunction = createApiFunction(this, parts, lanes, 'socket')
      const restFunction = createApiFunction(this, parts, lanes, 'rest')
      const schedules = createSchedules(this, parts, lanes, deadLetters)
      schedules.allowCancels(socketFunction)
      schedules.allowSchedules(restFunction)
      webhooks.allowReadingSecret(restFunction)
      // A job may wait for a free slot for longer than its message can exist.
      for (const { worker } of lanes.values()) schedules.allowDelays(worker)
      socket.serve(socketFunction, tokens.socket)
      const rest = new RestEndpoint(this, 'Rest', {
        name: `${settings.namePrefix}-rest`,
        handler: restFunction,
        authorizer: tokens.rest,
      })
      this.restUrl = rest.url
      this.socketUrl = socket.url
      this.tokenSecret = tokens.secret
      this.resultsTable = tables.results
      this.registryTable = tables.registry
      this.workers = Object.fromEntries([...lanes].map(([name, lane]) => [name, lane.worker]))
      if (outputs) addOutputs(this)
    } finally {
      bundle.dispose()
    }
  }
}

/** The parts that the functions are made from. */
interface Parts {
  readonly settings: Settings
  readonly source: TaskSource
  readonly bundle: FunctionBundle
  readonly tables: Tables
  readonly payloads: PayloadBucket
  readonly socket: SocketEndpoint
  readonly webhooks: Webhooks
  readonly taskNeeds: TaskNeeds
  /** The same for the functions that submit: they load the code of the tasks only for the schemas of inputs. */
  readonly schemaNeeds: TaskNeeds
}

/** The layers and variables that a function must have to load the code of the tasks. */
interface TaskNeeds {
  readonly layers: readonly ILayerVersion[]
  readonly environment: Readonly<Record<string, string>>
}

type Lanes = ReadonlyMap<string, JobLane>

function createLanes(scope: Construct, parts: Parts): Lanes {
  const { settings, bundle } = parts
  const lanes = Object.entries(settings.lanes).map(([name, lane]): [string, JobLane] => [
    name,
    new JobLane(scope, `Lane-${name}`, {
      name,
      settings: lane,
      logRetentionDays: settings.logRetentionDays,
      code: bundle.code('worker'),
      environment: { ...parts.taskNeeds.environment, ...baseEnvironment(parts) },
      layers: parts.taskNeeds.layers,
      deadLetterTimeoutMs: DEAD_LETTER_TIMEOUT_MS,
    }),
  ])
  for (const [, { worker }] of lanes) {
    noteSource(worker, 'worker', parts.source)
    allowTables(worker, 'worker', parts.tables)
    parts.payloads.allowUse(worker)
    parts.socket.allowPush(worker)
    parts.webhooks.allowSending(worker)
  }
  return new Map(lanes)
}

function createDeadLetters(scope: Construct, parts: Parts, lanes: Lanes): Function {
  const handler = createFunction(scope, 'DeadLetters', {
    ...parts.settings,
    description: 'Records jobs that could not be run as failed, and tells their watchers.',
    code: parts.bundle.code('dead-letters'),
    timeout: DEAD_LETTER_TIMEOUT_MS,
    layers: [],
    environment: baseEnvironment(parts),
  })
  allowTables(handler, 'dead-letters', parts.tables)
  parts.socket.allowPush(handler)
  parts.webhooks.allowSending(handler)
  for (const [name, lane] of lanes) {
    for (const { priority, queue } of lane.deadLetterQueues()) consume(handler, `${name}-${priority}`, queue)
  }
  return handler
}

/** Creates the function behind an API. It takes jobs, so it may send them to the queues. */
function createApiFunction(scope: Construct, parts: Parts, lanes: Lanes, entry: 'rest' | 'socket'): Function {
  const handler = createFunction(scope, entry === 'rest' ? 'RestFunction' : 'SocketFunction', {
    ...parts.settings,
    description: `Answers the ${entry === 'rest' ? 'REST' : 'WebSocket'} API.`,
    code: parts.bundle.code(entry),
    environment: submitEnvironment(scope, parts, lanes),
    layers: parts.schemaNeeds.layers,
  })
  noteSource(handler, entry, parts.source)
  allowTables(handler, entry, parts.tables)
  // A job that is cancelled, published or run again is pushed to its watchers, whichever API the request came by.
  parts.socket.allowPush(handler)
  parts.webhooks.allowSending(handler)
  if (entry === 'rest') allowFailedJobs(handler, parts.tables)
  // A socket frame is too small for a large payload, in either direction.
  if (entry === 'rest') parts.payloads.allowUse(handler)
  if (entry === 'rest') parts.payloads.allowErasing(handler)
  allowSending(handler, lanes)
  return handler
}

/** Creates the schedules, and the function that submits their jobs. */
function createSchedules(scope: Construct, parts: Parts, lanes: Lanes, deadLetters: Function): Schedules {
  const handler = createFunction(scope, 'Scheduled', {
    ...parts.settings,
    description: 'Submits the jobs of schedules.',
    code: parts.bundle.code('scheduled'),
    environment: submitEnvironment(scope, parts, lanes),
    layers: parts.schemaNeeds.layers,
  })
  noteSource(handler, 'scheduled', parts.source)
  allowTables(handler, 'scheduled', parts.tables)
  allowSending(handler, lanes)
  return new Schedules(scope, 'Schedules', { queues: jobQueues(lanes), handler, deadLetters })
}

/** Notes in the manifest, never in the template, how to bundle a function again when a task has changed. */
function noteSource(target: Function, entry: FunctionEntry, source: TaskSource): void {
  target.node.defaultChild?.node.addMetadata(FUNCTION_METADATA, { ...source, entry } satisfies FunctionSource)
}

function allowSending(target: Function, lanes: Lanes): void {
  allow(
    target,
    ['sqs:SendMessage'],
    jobQueues(lanes).map((queue) => queue.queueArn),
  )
}

function jobQueues(lanes: Lanes): Queue[] {
  return [...lanes.values()].flatMap(({ queues }) => Object.values(queues))
}

/** Makes the environment of every function that stores and pushes jobs. */
function baseEnvironment({ settings, tables, socket }: Parts): Record<string, string> {
  return {
    [ENVIRONMENT.resultsTable]: tables.results.tableName,
    [ENVIRONMENT.registryTable]: tables.registry.tableName,
    [ENVIRONMENT.resultShards]: String(settings.resultShards),
    [ENVIRONMENT.jobLog]: settings.jobLog,
    [ENVIRONMENT.socketEndpoint]: socket.managementEndpoint,
  }
}

/** Makes the environment of a function that also submits jobs. */
function submitEnvironment(scope: Construct, parts: Parts, lanes: Lanes): Record<string, string> {
  const urls = [...lanes].map(([name, { queues }]) => [
    name,
    Object.fromEntries(Object.entries(queues).map(([priority, queue]) => [priority, queue.queueUrl])),
  ])
  return {
    ...parts.schemaNeeds.environment,
    ...baseEnvironment(parts),
    [ENVIRONMENT.webhookTargets]: parts.settings.webhookTargets,
    [ENVIRONMENT.resultTtlSeconds]: String(parts.settings.resultTtl / 1_000),
    // Only CloudFormation knows the URLs. This makes a template into which it puts them.
    [ENVIRONMENT.queueUrls]: Stack.of(scope).toJsonString(Object.fromEntries(urls)),
  }
}
