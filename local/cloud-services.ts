import type { CloudContext } from './context.ts'
import type { EngineConnection } from './services/dynamodb/connection.ts'
import { createDynamoDb } from './services/dynamodb/service.ts'
import { createEventSourceMappings } from './services/event-source-mapping/service.ts'
import { createQueueSender } from './services/queue-sender.ts'
import { createIam, type IamService } from './services/iam/service.ts'
import type { AssemblyAssets } from './services/lambda/definition/assembly-assets.ts'
import { createLambda, type LambdaDeps, type LambdaService } from './services/lambda/service.ts'
import { createLogs } from './services/logs/service.ts'
import { createRestApi } from './services/rest-api/service.ts'
import { createS3 } from './services/s3/service.ts'
import { createScheduler } from './services/scheduler/service.ts'
import { createSecretsManager } from './services/secrets-manager/service.ts'
import type { ExecuteApi, LocalService } from './services/service.ts'
import { createSqs, type SqsService } from './services/sqs/service.ts'
import { createSts } from './services/sts/service.ts'
import { createSsm } from './services/ssm/service.ts'
import { createWebSocketApi, type WebSocketApiService } from './services/websocket-api/service.ts'

export interface CloudServicesOptions extends Pick<
  LambdaDeps,
  'runtimePath' | 'maxEnvironmentsPerFunction' | 'idleEnvironmentMs'
> {
  readonly assets: AssemblyAssets
  readonly engine: EngineConnection
}

/** All services of one local cloud. */
export interface CloudServices {
  /** Services that keep state and call nobody. */
  readonly stores: readonly LocalService[]
  /** Services that run functions, which call the stores through the server. */
  readonly actors: readonly LocalService[]
  readonly executeApis: readonly ExecuteApi[]
  readonly iam: IamService
  readonly sqs: SqsService
  readonly functions: LambdaService
  readonly webSocketApi: WebSocketApiService
}

/** Makes the services. Nothing runs and nothing listens until they are started. */
export function createCloudServices(
  context: CloudContext,
  { engine, assets, ...lambda }: CloudServicesOptions,
): CloudServices {
  const iam = createIam(context)
  const sqs = createSqs(context)
  const logs = createLogs(context)
  const stores = [
    iam,
    logs,
    createSts(context),
    createSecretsManager(context),
    createSsm(context),
    createDynamoDb(context, engine),
    sqs,
    createS3(context, iam),
  ]
  const queues = createQueueSender(context, { sqs, mayCall: iam.mayCall })
  const functions = createLambda(context, {
    ...lambda,
    queues,
    credentials: iam.credentials,
    logGroups: logs.writer,
    mappings: () => mappings.descriptions(),
    assetPath: (s3Key) => assets.path(s3Key),
    hasAsset: (s3Key) => assets.has(s3Key),
  })
  const restApi = createRestApi(context, { functions, roles: iam })
  const webSocketApi = createWebSocketApi(context, { functions, roles: iam })
  const mappings = createEventSourceMappings(context, { sqs, functions, mayCall: iam.mayCall })
  const { mayCall, mayAssume } = iam
  const scheduler = createScheduler(context, { queues, functions, mayCall, mayAssume })
  return {
    stores,
    actors: [functions, restApi, webSocketApi, mappings, scheduler],
    executeApis: [restApi, webSocketApi],
    iam,
    sqs,
    functions,
    webSocketApi,
  }
}
