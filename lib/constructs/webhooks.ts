import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import type { Code, Function } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { ENVIRONMENT } from '../../lambdas/environment.ts'
import type { Settings } from '../settings.ts'
import { allowTables, type GrantedTables } from './grants.ts'
import { allow, consume, createFunction, VISIBILITY_TIMEOUTS } from './jobwire-function.ts'

/** Ten requests side by side, each of ten seconds at most, and what is read and written around them. */
const TIMEOUT_MS = 30_000
/** Ten attempts, and as many invocations again that were throttled or could not reach the table. */
const MAX_RECEIVES = 100
/** Longer than all attempts take, which is a day. */
const RETENTION = Duration.days(4)
const DEAD_LETTER_RETENTION = Duration.days(14)
/** Receivers that hang keep no more of the account's functions busy. */
const MAX_CONCURRENCY = 50

export interface WebhooksProps extends Pick<
  Settings,
  'memoryMb' | 'logRetentionDays' | 'removalPolicy' | 'webhookTargets'
> {
  readonly code: Code
  readonly tables: GrantedTables
}

/**
 * What tells others over HTTP that a job has ended: a queue, and one function that makes requests to addresses that
 * strangers have chosen. It may read its secret and write its log, and nothing else of the platform.
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
    // Nobody reads them: they are there to be looked at, and moved back by hand.
    const deadLetters = new Queue(this, 'DeadWebhooks', { ...queueProps, retentionPeriod: DEAD_LETTER_RETENTION })
    this.#queue = new Queue(this, 'Queue', {
      ...queueProps,
      retentionPeriod: RETENTION,
      visibilityTimeout: Duration.millis(VISIBILITY_TIMEOUTS * TIMEOUT_MS),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
    })
    this.#createSender(props)
  }

  /** Lets a function hand over webhooks. */
  allowSending(target: Function): void {
    allow(target, ['sqs:SendMessage'], [this.#queue.queueArn])
    target.addEnvironment(ENVIRONMENT.webhookQueueUrl, this.#queue.queueUrl)
  }

  /** Lets a function tell callers what signs the webhooks of their namespaces. */
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
    })
    consume(handler, 'Deliver', this.#queue, MAX_CONCURRENCY)
    // A webhook that was not taken comes again when its next attempt is due.
    allow(handler, ['sqs:ChangeMessageVisibility'], [this.#queue.queueArn])
    allowTables(handler, 'webhooks', tables)
    this.allowReadingSecret(handler)
  }
}
