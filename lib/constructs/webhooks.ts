import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import type { Code, Function } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { ENVIRONMENT } from '../../lambdas/environment.ts'
import type { Settings } from '../settings.ts'
import { allowTables, type GrantedTables } from './grants.ts'
import { allow, consume, createFunction, VISIBILITY_TIMEOUTS } from './jobwire-function.ts'

/** Enough for ten concurrent requests of at most ten seconds, and for the reads and writes around them. */
const TIMEOUT_MS = 30_000
/** Enough for the one attempt of a message, and for many invocations that are throttled or cannot reach the table. */
const MAX_RECEIVES = 100
/** Longer than any message waits: each attempt has a message of its own. */
const RETENTION = Duration.days(4)
const DEAD_LETTER_RETENTION = Duration.days(14)
/**
 * The most invocations that hanging receivers can keep busy. They also bound what is in flight: a batch for each, and
 * what Lambda's pollers hold ready.
 */
const MAX_CONCURRENCY = 50

/** The props of `Webhooks`. */
export interface WebhooksProps extends Pick<
  Settings,
  'memoryMb' | 'logRetentionDays' | 'removalPolicy' | 'webhookTargets'
> {
  /** The bundled code of the function. */
  readonly code: Code
  /** The tables, of which the function uses the registry. */
  readonly tables: GrantedTables
}

/**
 * The delivery of webhooks: a queue, and one function that sends requests to addresses that strangers have chosen. So
 * the function may only use its queue, its secret and the log of deliveries, and nothing else of the platform.
 *
 * @example
 * const webhooks = new Webhooks(this, 'Webhooks', { ...settings, tables, code: bundle.code('webhooks') })
 * webhooks.allowSending(worker)
 */
export class Webhooks extends Construct {
  readonly #queue: Queue
  readonly #secret: Secret

  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id)
    this.#secret = new Secret(this, 'Secret', {
      description: 'Signs the webhooks of this Jobwire deployment (HMAC-SHA256).',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: props.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    const queueProps = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true }
    // No function reads them. A person can look at them and move them back.
    const deadLetters = new Queue(this, 'DeadWebhooks', { ...queueProps, retentionPeriod: DEAD_LETTER_RETENTION })
    this.#queue = new Queue(this, 'Queue', {
      ...queueProps,
      retentionPeriod: RETENTION,
      visibilityTimeout: Duration.millis(VISIBILITY_TIMEOUTS * TIMEOUT_MS),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
    })
    this.#createSender(props)
  }

  /** Lets a function put webhooks into the queue. */
  allowSending(target: Function): void {
    allow(target, ['sqs:SendMessage'], [this.#queue.queueArn])
    target.addEnvironment(ENVIRONMENT.webhookQueueUrl, this.#queue.queueUrl)
  }

  /** Lets a function read the secret from which the secrets of the namespaces are made. */
  allowReadingSecret(target: Function): void {
    allow(target, ['secretsmanager:GetSecretValue'], [this.#secret.secretArn])
    target.addEnvironment(ENVIRONMENT.webhookSecretId, this.#secret.secretArn)
  }

  #createSender({ code, memoryMb, logRetentionDays, webhookTargets, tables }: WebhooksProps): void {
    const handler = createFunction(this, 'Sender', {
      description: 'Delivers webhooks.',
      code,
      memoryMb,
      timeout: TIMEOUT_MS,
      logRetentionDays,
      environment: {
        [ENVIRONMENT.registryTable]: tables.registry.tableName,
        [ENVIRONMENT.webhookQueueUrl]: this.#queue.queueUrl,
        [ENVIRONMENT.webhookTargets]: webhookTargets,
      },
      sendsToItself: true,
    })
    consume(handler, 'Deliver', this.#queue, MAX_CONCURRENCY)
    // A webhook that was not accepted gets a new message for its next attempt. If that fails, the same one comes again.
    allow(handler, ['sqs:ChangeMessageVisibility', 'sqs:SendMessage'], [this.#queue.queueArn])
    allowTables(handler, 'webhooks', tables)
    this.allowReadingSecret(handler)
  }
}
