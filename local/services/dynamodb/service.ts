import type { CloudContext } from '../../context.ts'
import type { AwsAnswer, AwsCall, AwsRequestHead } from '../../wire/call.ts'
import { renderJsonError } from '../../wire/json-error.ts'
import type { CreatedResource, LocalService } from '../service.ts'
import { dynamodbAuthorizations } from './authorizations.ts'
import type { EngineConnection } from './connection.ts'
import { askForConsumedCapacity, billedAs, failedConditions, readConsumedCapacity } from './consumed-capacity.ts'
import { answerOwnOperation, requireKnownToEngine } from './own-operations.ts'
import { ensureTable, removeTable, updateTable } from './table.ts'

const TARGET = 'DynamoDB_20120810.'

/** The start of the engine's ARNs. The engine knows no regions. */
const ENGINE_ARN = 'arn:aws:dynamodb:dynoxide:000000000000:'

/**
 * DynamoDB on an engine: makes the template's tables in it, and passes the calls on, metered and checked against the
 * caller's role.
 */
export function createDynamoDb(context: CloudContext, connection: EngineConnection): LocalService {
  const ownArn = `arn:aws:dynamodb:${context.region}:${context.accountId}:`
  const tableArn = (table: string, index?: string): string => {
    const arn = table.startsWith('arn:') ? table : `${ownArn}table/${table}`
    return index === undefined ? arn : `${arn}/index/${index}`
  }
  const created = (name: string): CreatedResource => ({
    ref: name,
    attributes: { Arn: tableArn(name), StreamArn: `${tableArn(name)}/stream/2020-01-01T00:00:00.000` },
  })
  return {
    name: 'dynamodb',
    resources: {
      'AWS::DynamoDB::Table': async (resource) => {
        const name = await ensureTable(resource, connection)
        return created(name)
      },
    },
    changes: {
      'AWS::DynamoDB::Table': {
        async update(resource, old) {
          const name = await updateTable(resource, old, connection)
          return name === undefined ? undefined : created(name)
        },
        remove: ({ created: { ref } }) => removeTable(ref, connection),
        holds: () => 'its items',
      },
    },
    api: {
      service: 'dynamodb',
      match: dynamodbOperation,
      authorizations: (call) => dynamodbAuthorizations(call, tableArn),
      handle: (call) => handle(call, connection, { context, ownArn }),
      renderError: (error) => renderJsonError(error, { namespace: 'com.amazonaws.dynamodb.v20120810' }),
    },
    close: () => connection.close(),
  }
}

function dynamodbOperation({ headers }: AwsRequestHead): string | undefined {
  const target = headers['x-amz-target']
  return typeof target === 'string' && target.startsWith(TARGET) ? target.slice(TARGET.length) : undefined
}

async function handle(
  call: AwsCall,
  connection: EngineConnection,
  { context, ownArn }: { readonly context: CloudContext; readonly ownArn: string },
): Promise<AwsAnswer> {
  const own = await answerOwnOperation(call, connection, context)
  if (own !== undefined) return own
  const metered = askForConsumedCapacity(call.operation, call.body)
  const answer = await connection.send(call.headers, metered?.body ?? call.body)
  requireKnownToEngine(call, answer)
  const { status, headers, body } = answer
  if (metered === undefined) {
    // Table descriptions: rare, and the only answers with ARNs in them.
    return { status, headers, body: body.toString().replaceAll(ENGINE_ARN, ownArn) }
  }
  const consumed = status === 200 ? readConsumedCapacity(body, metered.added) : { units: 0, body }
  const units = consumed.units || failedConditions(status, body)
  if (units > 0) {
    const read = billedAs(call.operation, () => call.input()) === 'read'
    context.meter.count(read ? 'dynamodbReadUnit' : 'dynamodbWriteUnit', call.principal.name, units)
  }
  return { status, headers, body: consumed.body }
}
