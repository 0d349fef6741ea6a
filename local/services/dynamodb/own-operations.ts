import type { CloudContext } from '../../context.ts'
import { ownValue } from '../../named-values.ts'
import { AwsError, type AwsAnswer, type AwsCall } from '../../wire/call.ts'
import type { EngineAnswer, EngineConnection } from './connection.ts'

type OwnOperation = (call: AwsCall, connection: EngineConnection, context: CloudContext) => object | Promise<object>

/** The operations that the engine does not have and that need no data. */
const OWN_OPERATIONS: Readonly<Record<string, OwnOperation>> = {
  // AWS's defaults for an account.
  DescribeLimits: () => ({
    AccountMaxReadCapacityUnits: 80_000,
    AccountMaxWriteCapacityUnits: 80_000,
    TableMaxReadCapacityUnits: 40_000,
    TableMaxWriteCapacityUnits: 40_000,
  }),
  DescribeEndpoints: (_call, _connection, { endpoint }) => ({
    Endpoints: [{ Address: new URL(endpoint).host, CachePeriodInMinutes: 1_440 }],
  }),
  async DescribeContinuousBackups(call, connection) {
    await connection.call('DescribeTable', { TableName: call.input()['TableName'] })
    // Whatever the template asks for: nothing can be restored here.
    const description = { PointInTimeRecoveryStatus: 'DISABLED' }
    return {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: description,
      },
    }
  },
}

/** Answers an operation that the engine does not have; undefined for all others. */
export async function answerOwnOperation(
  call: AwsCall,
  connection: EngineConnection,
  context: CloudContext,
): Promise<AwsAnswer | undefined> {
  const operation = ownValue(OWN_OPERATIONS, call.operation)
  if (operation === undefined) return undefined
  const answer = await operation(call, connection, context)
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(answer) }
}

/** The engine refuses what it does not have with a code alone. Throws an error that names the operation. */
export function requireKnownToEngine({ operation }: AwsCall, { status, body }: EngineAnswer): void {
  if (status !== 400 || body.length > 200 || !body.includes('UnknownOperationException')) return
  throw new AwsError('UnknownOperationException', `The local cloud does not implement ${operation} of DynamoDB.`)
}
