import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { nextJobId } from '../domain/next-job-id.ts'
import type { VerifyToken } from '../domain/authenticate-token.ts'
import { consoleLog } from '../domain/log.ts'
import type { JobQueue, JobStore, Pusher, SessionRegistry } from '../domain/ports.ts'
import type { SubmitPorts } from '../domain/submit-jobs.ts'
import { systemClock } from '../domain/system-clock.ts'
import { createPost } from '../aws/connections.ts'
import { socketAddresses } from '../aws/endpoint.ts'
import type { QueueUrls } from '../aws/job-queues.ts'
import { createJobQueues } from '../aws/job-queues.ts'
import { createPusher } from '../aws/pusher.ts'
import { createRegistryTable } from '../aws/registry-table.ts'
import { createResultsTable } from '../aws/results-table.ts'
import { numberSetting, setting } from './setting.ts'
import { createTokenVerifier } from '../aws/token-secret.ts'

// What the stack deployed, as the ports that an entry needs: called once, at the entry's module scope, so that the
// clients and their connections live as long as the execution environment. Each is a function of its own, so that
// a bundle has only the clients that it uses.

const clock = systemClock
const log = consoleLog

/** Both tables through one client, for they share its connections. */
export function openTables(): { store: JobStore; registry: SessionRegistry } {
  const client = new DynamoDBClient({})
  const shards = numberSetting('resultShards')
  return {
    store: createResultsTable({ client, tableName: setting('resultsTable'), shards, clock }),
    registry: createRegistryTable({ client, tableName: setting('registryTable'), clock }),
  }
}

/** All that submitting needs besides the tables and the tasks. */
export function openSubmitPorts(): Pick<SubmitPorts, 'queue' | 'clock' | 'log' | 'nextId' | 'ttlMs'> {
  return { queue: openQueues(), clock, log, nextId: nextJobId, ttlMs: numberSetting('resultTtlSeconds') * 1_000 }
}

function openQueues(): JobQueue {
  // The checksums of SQS cost time for each message, and TLS has them already.
  const client = new SQSClient({ md5: false })
  return createJobQueues({ client, urls: JSON.parse(setting('queueUrls')) as QueueUrls, clock, log })
}

export function openPusher(registry: SessionRegistry): Pusher {
  // The pusher tries again by itself: it knows which failures are worth it.
  const client = new ApiGatewayManagementApiClient({ endpoint: addresses().management, maxAttempts: 1 })
  return createPusher({ post: createPost(client), registry, clock, log })
}

export function openTokens(): VerifyToken {
  return createTokenVerifier(new SecretsManagerClient({}), setting('tokenSecretId'), clock)
}

/** Where clients open the socket. */
export function socketUrl(): string {
  return addresses().client
}

function addresses(): ReturnType<typeof socketAddresses> {
  return socketAddresses(setting('socketEndpoint'), process.env['AWS_ENDPOINT_URL'])
}
