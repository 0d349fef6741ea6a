import type { Clock } from '../../../../local/clock.ts'
import { realClock } from '../../../../local/clock.ts'
import type { CloudContext } from '../../../../local/context.ts'
import type { SqsService } from '../../../../local/services/sqs/service.ts'
import { createSqs } from '../../../../local/services/sqs/service.ts'
import type { CreatedResource } from '../../../../local/services/service.ts'
import type { CallInterceptor } from '../../../../local/wire/call.ts'
import { startWireServer } from '../../../../local/wire/server.ts'
import { cloudContext } from '../../cloud/cloud-context.ts'

export interface SqsEndpoint {
  readonly sqs: SqsService
  readonly context: CloudContext
  readonly endpoint: string
  makeQueue(name: string, properties?: Record<string, unknown>): Promise<CreatedResource>
  close(): Promise<void>
}

/** Starts SQS alone behind the local cloud's own server, without IAM: every caller is the account's owner. */
export async function startSqs({
  clock = realClock,
  interceptors = [],
  dataDir,
}: { clock?: Clock; interceptors?: readonly CallInterceptor[]; dataDir?: string } = {}): Promise<SqsEndpoint> {
  const server = await startWireServer(0, () => {})
  const context = cloudContext({
    endpoint: `http://127.0.0.1:${server.port}`,
    clock,
    ...(dataDir === undefined ? {} : { dataDir }),
  })
  const sqs = createSqs(context)
  const principalOf = () => ({ kind: 'owner', name: 'client' }) as const
  server.serve({ apis: [sqs.api!], interceptors, principalOf, executeApis: [] })
  return {
    sqs,
    context,
    endpoint: context.endpoint,
    makeQueue: async (name, properties = {}) =>
      sqs.resources['AWS::SQS::Queue']!({ logicalId: name, type: 'AWS::SQS::Queue', properties }),
    async close() {
      await sqs.close!()
      await server.close()
    },
  }
}
