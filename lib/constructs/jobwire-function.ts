import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  type Code,
  EventSourceMapping,
  Function,
  type ILayerVersion,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

/** The props of a function of the platform. */
export interface JobwireFunctionProps {
  /** A sentence for the console of AWS. */
  readonly description: string
  /** The bundled code, which exports `handler` from `index.js`. */
  readonly code: Code
  /** The memory in MB. */
  readonly memoryMb: number
  /** The timeout in milliseconds. */
  readonly timeout: number
  /** The number of days for which the logs are kept. */
  readonly logRetentionDays: number
  /** The environment variables. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * The layers of the function.
   * @default - none
   */
  readonly layers?: readonly ILayerVersion[]
  /**
   * True for a function that sends messages to the queue that it reads. Lambda takes that for an endless loop and stops
   * it after about 16 rounds, unless it is told that the function means it.
   * @default false
   */
  readonly sendsToItself?: boolean
}

/**
 * Makes a function of the platform: Node 24 on ARM, JSON logs into a log group of its own, and a role that allows
 * writing those logs and nothing else. `allow` grants all other actions one by one.
 *
 * @example
 * const handler = createFunction(this, 'Sender', {
 *   description: 'Delivers webhooks.',
 *   code,
 *   memoryMb: 512,
 *   timeout: 30_000,
 *   logRetentionDays: 30,
 *   environment: {},
 * })
 */
export function createFunction(scope: Construct, id: string, props: JobwireFunctionProps): Function {
  // The name is generated, so that a stack can be made again while an old log group still exists.
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    // CloudWatch's periods are a numeric enumeration whose values are the days; settings.ts allows no others.
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
    retention: props.logRetentionDays as RetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  // The CDK's default role has AWSLambdaBasicExecutionRole, which may write to any log.
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  logGroup.grantWrite(role)
  return new Function(scope, id, {
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: props.code,
    role,
    memorySize: props.memoryMb,
    timeout: Duration.millis(props.timeout),
    environment: { ...props.environment },
    logGroup,
    layers: [...(props.layers ?? [])],
    ...(props.sendsToItself === true ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
    loggingFormat: LoggingFormat.JSON,
    // Lambda's own start, end and report lines would cost more than the requests they report on.
    systemLogLevelV2: SystemLogLevel.WARN,
  })
}

/**
 * Allows a function these actions on these resources.
 *
 * @example
 * allow(worker, ['sqs:SendMessage'], [queue.queueArn])
 */
export function allow(target: Function, actions: readonly string[], resources: readonly string[]): void {
  target.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }))
}

/** The most messages for one invocation. SQS bills so many as one request. */
const BATCH_SIZE = 10

/**
 * The visibility timeout of a queue, in timeouts of its function. Lambda recommends six, so that a throttled batch is
 * not received twice.
 */
export const VISIBILITY_TIMEOUTS = 6

/**
 * Runs a function for the messages of a queue, and allows its role the calls of Lambda's poller. (The CDK's own
 * SqsEventSource allows more: changing visibility and looking up the URL.)
 *
 * @example
 * consume(handler, 'Deliver', queue, 50)
 */
export function consume(target: Function, id: string, queue: IQueue, maxConcurrency?: number): void {
  allow(target, ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], [queue.queueArn])
  new EventSourceMapping(target, id, {
    target,
    eventSourceArn: queue.queueArn,
    batchSize: BATCH_SIZE,
    reportBatchItemFailures: true,
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
  })
}
