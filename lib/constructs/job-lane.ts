import { Duration, Stack } from 'aws-cdk-lib/core'
import type { Code, Function, ILayerVersion } from 'aws-cdk-lib/aws-lambda'
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { ENVIRONMENT, JOB_MAX_RECEIVES, JOB_RETENTION_DAYS } from '../../lambdas/environment.ts'
import { PRIORITIES, type Priority } from '../../protocol/job/priority.ts'
import type { LaneSettings } from '../settings.ts'
import { allow, consume, createFunction, VISIBILITY_TIMEOUTS } from './jobwire-function.ts'

const RETENTION = Duration.days(JOB_RETENTION_DAYS)
/** A message that moves to a dead-letter queue keeps its age, so that queue must keep messages for longer. */
const DEAD_LETTER_RETENTION = Duration.days(14)

/** The props of a `JobLane`. */
export interface JobLaneProps {
  /** The name of the lane, as in the setting `lanes`. */
  readonly name: string
  /** The memory, timeout and concurrency of the worker. */
  readonly settings: LaneSettings
  /** The number of days for which the worker's logs are kept. */
  readonly logRetentionDays: number
  /** The bundled code of the worker. */
  readonly code: Code
  /** The environment of the worker. The lane adds its timeout and the URLs of its queues. */
  readonly environment: Readonly<Record<string, string>>
  /** The layers of the worker. */
  readonly layers: readonly ILayerVersion[]
  /** The timeout of the function that reads the dead-letter queues, in milliseconds. */
  readonly deadLetterTimeoutMs: number
}

/**
 * One lane: a worker function, and for each priority an SQS queue with a dead-letter queue of its own. SQS cannot order
 * messages by priority, so each priority has its own queue and none waits behind the backlog of another.
 *
 * @example
 * const lane = new JobLane(this, 'Lane-default', {
 *   name: 'default',
 *   settings: { memoryMb: 1024, timeout: 60_000, maxConcurrency: {} },
 *   logRetentionDays: 30,
 *   code: bundle.code('worker'),
 *   environment: {},
 *   layers: [],
 *   deadLetterTimeoutMs: 30_000,
 * })
 * bucket.grantRead(lane.worker)
 */
export class JobLane extends Construct {
  /** The function that runs the jobs of the lane. */
  readonly worker: Function
  /** The queue of each priority. */
  readonly queues: Readonly<Record<Priority, Queue>>

  constructor(scope: Construct, id: string, props: JobLaneProps) {
    super(scope, id)
    this.worker = createFunction(this, 'Worker', {
      description: `Runs the jobs of the lane "${props.name}".`,
      code: props.code,
      memoryMb: props.settings.memoryMb,
      timeout: props.settings.timeout,
      logRetentionDays: props.logRetentionDays,
      layers: props.layers,
      environment: { ...props.environment, [ENVIRONMENT.laneTimeoutMs]: String(props.settings.timeout) },
      sendsToItself: true,
    })
    const queues = PRIORITIES.map((priority) => [priority, this.#createQueue(priority, props)] as const)
    this.queues = Object.fromEntries(queues) as Record<Priority, Queue>
    this.#allowPuttingBack(props.name)
    for (const [priority, queue] of queues) {
      consume(this.worker, titleCase(priority), queue, props.settings.maxConcurrency[priority])
    }
  }

  /** Returns the dead-letter queues, which hold the messages of jobs that could not be run. */
  deadLetterQueues(): { readonly priority: Priority; readonly queue: IQueue }[] {
    return PRIORITIES.map((priority) => ({ priority, queue: this.queues[priority].deadLetterQueue!.queue }))
  }

  /** A job that waits, for its next attempt or for a slot, gets a new message with a delay. */
  #allowPuttingBack(name: string): void {
    const urls = PRIORITIES.map((priority) => [priority, this.queues[priority].queueUrl] as const)
    const json = Stack.of(this).toJsonString({ [name]: Object.fromEntries(urls) })
    this.worker.addEnvironment(ENVIRONMENT.queueUrls, json)
    const arns = PRIORITIES.map((priority) => this.queues[priority].queueArn)
    allow(this.worker, ['sqs:ChangeMessageVisibility', 'sqs:SendMessage'], arns)
  }

  #createQueue(priority: Priority, props: JobLaneProps): Queue {
    const deadLetters = new Queue(this, `${titleCase(priority)}DeadLetters`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: DEAD_LETTER_RETENTION,
      visibilityTimeout: Duration.millis(VISIBILITY_TIMEOUTS * props.deadLetterTimeoutMs),
    })
    return new Queue(this, `${titleCase(priority)}Jobs`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: RETENTION,
      visibilityTimeout: Duration.millis(VISIBILITY_TIMEOUTS * props.settings.timeout),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: JOB_MAX_RECEIVES },
    })
  }
}

function titleCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
