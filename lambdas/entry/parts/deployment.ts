import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { MessageHold } from '../../domain/batch/message-hold.ts'
import { createMessageHold } from '../../aws/batch/message-hold.ts'
import type { JobQueue } from '../../domain/queue/job-queue.ts'
import type { JobStore } from '../../domain/job/job-store.ts'
import type { JobPages } from '../../domain/list/job-pages.ts'
import type { OffloadPorts } from '../../domain/payloads/offload-payloads.ts'
import { holdingBack } from '../../domain/queue/hold-back.ts'
import type { LongDelay } from '../../domain/queue/long-delay.ts'
import type { Redelivery } from '../../domain/queue/redelivery.ts'
import { createPusher } from '../../domain/record/push-updates.ts'
import type { Pusher } from '../../domain/record/pusher.ts'
import type { SchedulePorts } from '../../domain/schedules/keep-schedules.ts'
import type { ScheduleStore } from '../../domain/schedules/schedule-store.ts'
import type { ScheduleTimer } from '../../domain/schedules/schedule-timer.ts'
import type { VerifyToken } from '../../domain/sessions/verify-token.ts'
import type { SessionRegistry } from '../../domain/sessions/session-registry.ts'
import type { RunSlots } from '../../domain/slots/run-slots.ts'
import type { SubmitPorts } from '../../domain/submit/submit-jobs.ts'
import type { WorkerPages, WorkerRegistry } from '../../domain/workers/worker-registry.ts'
import { createResultsTable } from '../../aws/job/results-table.ts'
import { CALL_LIMITS } from '../../aws/kit/call-limits.ts'
import { socketAddresses } from '../../aws/kit/endpoint.ts'
import { createJobPages } from '../../aws/list/query-jobs.ts'
import { createPayloadBucket } from '../../aws/payloads/payload-bucket.ts'
import type { QueueUrls } from '../../aws/queue/job-queues.ts'
import { createJobQueues } from '../../aws/queue/job-queues.ts'
import { createLongDelay } from '../../aws/queue/long-delay.ts'
import { createRedelivery } from '../../aws/queue/redelivery.ts'
import type { SchedulerGroup, TimerGroup } from '../../aws/queue/scheduler-group.ts'
import { createScheduleStore } from '../../aws/schedules/schedule-items.ts'
import { createScheduleTimer, createTimerStop } from '../../aws/schedules/schedule-timer.ts'
import { createPost } from '../../aws/sessions/connections.ts'
import { createRegistryTable } from '../../aws/sessions/registry-table.ts'
import { createTokenVerifier } from '../../aws/sessions/token-secret.ts'
import { createRunSlots } from '../../aws/slots/run-slots.ts'
import { createWorkersTable } from '../../aws/workers/worker-items.ts'
import { consoleLog } from './console-log.ts'
import { nextJobId } from './next-job-id.ts'
import { numberSetting, setting } from './setting.ts'
import { openSqs } from './sqs.ts'
import { systemClock } from './system-clock.ts'
import { webhookTargets } from './webhook-deployment.ts'

// The deployed resources as the ports that an entry needs. An entry calls each function once, at its module scope, so
// that clients and their connections live as long as the execution environment. The functions are separate, so that a
// bundle has only the clients that it uses.

const clock = systemClock
const log = consoleLog

// Tables.

/** Both tables through one client, so that they share its connections. */
export function openTables(): { store: JobStore; pages: JobPages; registry: SessionRegistry } {
  const client = new DynamoDBClient(CALL_LIMITS)
  const results = { client, tableName: setting('resultsTable'), shards: numberSetting('resultShards'), clock }
  return {
    store: createResultsTable(results),
    pages: createJobPages(results),
    registry: createRegistryTable({ client, tableName: setting('registryTable'), clock }),
  }
}

/** The slots of tasks that limit their runs. */
export function openRunSlots(): RunSlots {
  return createRunSlots({ client: new DynamoDBClient(CALL_LIMITS), tableName: setting('registryTable'), clock, log })
}

/** The list of workers. */
export function openWorkers(): WorkerRegistry & WorkerPages {
  return createWorkersTable({ client: new DynamoDBClient(CALL_LIMITS), tableName: setting('registryTable'), clock })
}

export function openScheduleStore(): ScheduleStore {
  return createScheduleStore({ client: new DynamoDBClient(CALL_LIMITS), tableName: setting('registryTable') })
}

// Queues, schedules and payloads.

type SubmitOpenings = Pick<SubmitPorts, 'queue' | 'clock' | 'log' | 'nextId' | 'ttlMs' | 'webhookTargets'>

/** All that a submit needs besides the tables and the tasks. */
export function openSubmitPorts(): SubmitOpenings & { readonly longDelay: LongDelay } {
  const longDelay = openLongDelay()
  return { ...openPromptSubmitPorts(), queue: openQueues(longDelay), longDelay }
}

/** The job queues, for messages of any delay. */
export function openQueues(longDelay = openLongDelay()): JobQueue {
  const queues = createJobQueues({ client: openSqs(), urls: queueUrls(), clock, log })
  return holdingBack(queues, longDelay, clock)
}

/** The same for jobs without a long delay. */
export function openPromptSubmitPorts(): SubmitOpenings {
  const ttlMs = numberSetting('resultTtlSeconds') * 1_000
  const queue = createJobQueues({ client: openSqs(), urls: queueUrls(), clock, log })
  return { queue, clock, log, nextId: nextJobId, ttlMs, webhookTargets: webhookTargets() }
}

/** The names of the lanes of this deployment. */
export function deployedQueues(): string[] {
  return Object.keys(queueUrls())
}

export function openLongDelay(): LongDelay {
  return createLongDelay({ ...openScheduler(), urls: queueUrls(), log })
}

/** Puts messages of the worker's own queues back. */
export function openRedelivery(): Redelivery {
  return createRedelivery({ client: openSqs(), urls: queueUrls(), clock, log })
}

/** Hides the messages of a worker's batch while it works on them. `threadFile` is the bundle of `hold-thread.ts`. */
export function openMessageHold(redelivery: Redelivery, threadFile: string): MessageHold {
  return createMessageHold({ redelivery, urls: queueUrls(), threadFile, environment: process.env, log })
}

/** The schedules and their timer. */
export function openSchedules(): SchedulePorts {
  const timer = createScheduleTimer({ ...openScheduler(), functionArn: setting('scheduledFunction'), clock })
  return { schedules: openScheduleStore(), timer }
}

/** Stops the timers of schedules that are paused or deleted. */
export function openTimerStop(): Pick<ScheduleTimer, 'stop'> {
  return createTimerStop(openTimerGroup())
}

/** The bucket of payloads that are too large for a record or a message. */
export function openPayloads(): OffloadPorts {
  const bucket = { bucketName: setting('payloadBucket'), endpointUrl: process.env['AWS_ENDPOINT_URL'], clock }
  return { payloads: createPayloadBucket(bucket), clock, log }
}

function openScheduler(): SchedulerGroup {
  return {
    ...openTimerGroup(),
    roleArn: setting('schedulerRole'),
    deadLetterArn: setting('scheduleDeadLetters'),
  }
}

function openTimerGroup(): TimerGroup {
  return { client: new SchedulerClient(CALL_LIMITS), group: setting('scheduleGroup') }
}

function queueUrls(): QueueUrls {
  return JSON.parse(setting('queueUrls')) as QueueUrls
}

// Connections and tokens.

export function openPusher(registry: SessionRegistry, store: JobStore): Pusher {
  // The pusher tries again by itself: it knows which failed pushes are worth it.
  const client = new ApiGatewayManagementApiClient({ ...CALL_LIMITS, endpoint: addresses().management, maxAttempts: 1 })
  return createPusher({ post: createPost(client), registry, store, clock, log })
}

export function openTokens(): VerifyToken {
  return createTokenVerifier(new SecretsManagerClient(CALL_LIMITS), setting('tokenSecretId'), clock)
}

/** The address at which clients open the socket. */
export function socketUrl(): string {
  return addresses().client
}

function addresses(): ReturnType<typeof socketAddresses> {
  return socketAddresses(setting('socketEndpoint'), process.env['AWS_ENDPOINT_URL'])
}
