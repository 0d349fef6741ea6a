import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { CALL_LIMITS } from '../aws/kit/call-limits.ts'
import { holdingBack } from '../domain/queue/hold-back.ts'
import type { SchedulePorts } from '../domain/schedules/keep-schedules.ts'
import { nextJobId } from './next-job-id.ts'
import type { VerifyToken } from '../domain/sessions/authenticate-token.ts'
import type { JobPages } from '../domain/list/list-jobs.ts'
import { consoleLog } from './console-log.ts'
import type { OffloadPorts } from '../domain/payloads/offload-payloads.ts'
import type { JobQueue } from '../domain/queue/job-queue.ts'
import type { JobStore } from '../domain/job/job-store.ts'
import type { LongDelay } from '../domain/queue/long-delay.ts'
import type { Pusher } from '../domain/record/pusher.ts'
import type { Redelivery } from '../domain/queue/redelivery.ts'
import type { RunSlots } from '../domain/slots/run-slots.ts'
import type { SessionRegistry } from '../domain/sessions/session-registry.ts'
import type { ScheduleStore } from '../domain/schedules/ports.ts'
import type { WorkerPages, WorkerRegistry } from '../domain/workers/ports.ts'
import type { SubmitPorts } from '../domain/submit/submit-jobs.ts'
import { systemClock } from './system-clock.ts'
import { createPost } from '../aws/sessions/connections.ts'
import { socketAddresses } from '../aws/kit/endpoint.ts'
import type { QueueUrls } from '../aws/queue/job-queues.ts'
import { createJobQueues } from '../aws/queue/job-queues.ts'
import { createLongDelay } from '../aws/queue/long-delay.ts'
import { createPayloadBucket } from '../aws/payloads/payload-bucket.ts'
import { createPusher } from '../domain/record/push-updates.ts'
import { createJobPages } from '../aws/list/query-jobs.ts'
import { createRedelivery } from '../aws/queue/redelivery.ts'
import { createRegistryTable } from '../aws/sessions/registry-table.ts'
import { createResultsTable } from '../aws/job/results-table.ts'
import { createScheduleStore } from '../aws/schedules/schedule-items.ts'
import { createScheduleTimer } from '../aws/schedules/schedule-timer.ts'
import { createRunSlots } from '../aws/slots/run-slots.ts'
import type { SchedulerGroup } from '../aws/queue/scheduler-group.ts'
import { numberSetting, setting } from './setting.ts'
import { webhookTargets } from './webhook-deployment.ts'
import { createTokenVerifier } from '../aws/sessions/token-secret.ts'
import { createWorkersTable } from '../aws/workers/worker-items.ts'

// What the stack deployed, as the ports that an entry needs: called once, at the entry's module scope, so that the
// clients and their connections live as long as the execution environment. Each is a function of its own, so that
// a bundle has only the clients that it uses.

const clock = systemClock
const log = consoleLog

/** Both tables through one client, for they share its connections. */
export function openTables(): { store: JobStore; pages: JobPages; registry: SessionRegistry } {
  const client = new DynamoDBClient(CALL_LIMITS)
  const results = { client, tableName: setting('resultsTable'), shards: numberSetting('resultShards'), clock }
  return {
    store: createResultsTable(results),
    pages: createJobPages(results),
    registry: createRegistryTable({ client, tableName: setting('registryTable'), clock }),
  }
}

type SubmitOpenings = Pick<SubmitPorts, 'queue' | 'clock' | 'log' | 'nextId' | 'ttlMs' | 'webhookTargets'>

/** All that submitting needs besides the tables and the tasks. */
export function openSubmitPorts(): SubmitOpenings {
  const ports = openPromptSubmitPorts()
  return { ...ports, queue: holdingBack(ports.queue, openLongDelay(), clock) }
}

/** By name: the lanes of this deployment. */
export function deployedQueues(): string[] {
  return Object.keys(JSON.parse(setting('queueUrls')) as QueueUrls)
}

export function openLongDelay(): LongDelay {
  const urls = JSON.parse(setting('queueUrls')) as QueueUrls
  return createLongDelay({ ...openScheduler(), urls, log })
}

/** The same for jobs without a long delay. */
export function openPromptSubmitPorts(): SubmitOpenings {
  const ttlMs = numberSetting('resultTtlSeconds') * 1_000
  return { queue: openQueues(), clock, log, nextId: nextJobId, ttlMs, webhookTargets: webhookTargets() }
}

/** The schedules, and what rings for them. */
export function openSchedules(): SchedulePorts {
  const timer = createScheduleTimer({ ...openScheduler(), functionArn: setting('scheduledFunction'), clock })
  return { schedules: openScheduleStore(), timer }
}

export function openScheduleStore(): ScheduleStore {
  return createScheduleStore({ client: new DynamoDBClient(CALL_LIMITS), tableName: setting('registryTable') })
}

function openScheduler(): SchedulerGroup {
  return {
    client: new SchedulerClient(CALL_LIMITS),
    group: setting('scheduleGroup'),
    roleArn: setting('schedulerRole'),
  }
}

function openQueues(): JobQueue {
  // The checksums of SQS cost time for each message, and TLS has them already.
  const client = new SQSClient({ ...CALL_LIMITS, md5: false })
  return createJobQueues({ client, urls: JSON.parse(setting('queueUrls')) as QueueUrls, clock, log })
}

/** How a worker puts messages of its own queues back. */
export function openRedelivery(): Redelivery {
  const urls = JSON.parse(setting('queueUrls')) as QueueUrls
  return createRedelivery({ client: new SQSClient({ ...CALL_LIMITS, md5: false }), urls, clock, log })
}

/** The slots of tasks that limit their runs. */
export function openRunSlots(): RunSlots {
  return createRunSlots({ client: new DynamoDBClient(CALL_LIMITS), tableName: setting('registryTable'), clock, log })
}

/** Who runs jobs. */
export function openWorkers(): WorkerRegistry & WorkerPages {
  return createWorkersTable({ client: new DynamoDBClient(CALL_LIMITS), tableName: setting('registryTable'), clock })
}

/** Where the store and the queues of jobs put what is too large for them. */
export function openPayloads(): OffloadPorts {
  const bucket = { bucketName: setting('payloadBucket'), endpointUrl: process.env['AWS_ENDPOINT_URL'], clock }
  return { payloads: createPayloadBucket(bucket), clock, log }
}

export function openPusher(registry: SessionRegistry): Pusher {
  // The pusher tries again by itself: it knows which failures are worth it.
  const client = new ApiGatewayManagementApiClient({ ...CALL_LIMITS, endpoint: addresses().management, maxAttempts: 1 })
  return createPusher({ post: createPost(client), registry, clock, log })
}

export function openTokens(): VerifyToken {
  return createTokenVerifier(new SecretsManagerClient(CALL_LIMITS), setting('tokenSecretId'), clock)
}

/** Where clients open the socket. */
export function socketUrl(): string {
  return addresses().client
}

function addresses(): ReturnType<typeof socketAddresses> {
  return socketAddresses(setting('socketEndpoint'), process.env['AWS_ENDPOINT_URL'])
}
