import { ownValue } from '../../named-values.ts'
import { AwsError, type Authorization, type AwsCall } from '../../wire/call.ts'
import { readPartiQl } from './partiql.ts'

/** Makes the ARN of a table, or of its index, from the name or ARN that a call gives. */
export type TableArn = (table: string, index?: string) => string

type Input = Readonly<Record<string, unknown>>
type ReadPermissions = (input: Input, operation: string, arn: TableArn) => Authorization[]

const onTable: ReadPermissions = ({ TableName: table, IndexName: index }, operation, arn) => [
  {
    action: `dynamodb:${operation}`,
    resourceArn: typeof index === 'string' ? arn(String(table), index) : arn(String(table)),
  },
]

const onAllTables: ReadPermissions = (_input, operation) => [{ action: `dynamodb:${operation}`, resourceArn: '*' }]

const onRequestedTables: ReadPermissions = ({ RequestItems: items }, operation, arn) =>
  Object.keys(Object(items)).map((table) => ({ action: `dynamodb:${operation}`, resourceArn: arn(table) }))

const TRANSACT_ACTIONS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
}

const onTransactItems: ReadPermissions = ({ TransactItems: items }, _operation, arn) =>
  requiredObjects(items, 'transactItems').flatMap((item) =>
    Object.entries(item).map(([kind, request]) => {
      const action = ownValue(TRANSACT_ACTIONS, kind)
      if (action === undefined) throw new AwsError('ValidationException', `A transaction cannot hold ${kind}.`)
      return { action: `dynamodb:${action}`, resourceArn: arn(String(Object(request).TableName)) }
    }),
  )

const onStatement = (statement: unknown, arn: TableArn): Authorization => {
  const target = typeof statement === 'string' ? readPartiQl(statement) : undefined
  if (target === undefined) {
    throw new AwsError('ValidationException', 'Statement wasn’t well formed, can’t be processed: no table was found.')
  }
  return { action: `dynamodb:PartiQL${target.verb}`, resourceArn: arn(target.table, target.index) }
}

const PERMISSIONS_BY_OPERATION: Readonly<Record<string, ReadPermissions>> = {
  GetItem: onTable,
  PutItem: onTable,
  UpdateItem: onTable,
  DeleteItem: onTable,
  Query: onTable,
  Scan: onTable,
  DescribeTable: onTable,
  DescribeTimeToLive: onTable,
  DescribeContinuousBackups: onTable,
  BatchGetItem: onRequestedTables,
  BatchWriteItem: onRequestedTables,
  TransactWriteItems: onTransactItems,
  TransactGetItems: onTransactItems,
  ExecuteStatement: ({ Statement: statement }, _operation, arn) => [onStatement(statement, arn)],
  BatchExecuteStatement: ({ Statements: statements }, _operation, arn) =>
    requiredObjects(statements, 'statements').map(({ Statement: statement }) => onStatement(statement, arn)),
  ExecuteTransaction: ({ TransactStatements: statements }, _operation, arn) =>
    requiredObjects(statements, 'transactStatements').map(({ Statement: statement }) => onStatement(statement, arn)),
  ListTables: onAllTables,
  DescribeLimits: onAllTables,
  DescribeEndpoints: onAllTables,
}

/** Returns every permission that a DynamoDB call needs, each once. Refuses operations that are not listed here. */
export function dynamodbAuthorizations(call: AwsCall, arn: TableArn): readonly Authorization[] {
  const { operation } = call
  const reader = ownValue(PERMISSIONS_BY_OPERATION, operation)
  if (reader === undefined) {
    throw new AwsError(
      'UnknownOperationException',
      `The local cloud does not know what permission dynamodb:${operation} needs, and refuses it to functions. ` +
        `Add it to local/services/dynamodb/authorizations.ts.`,
    )
  }
  const needed = new Map<string, Authorization>()
  for (const authorization of reader(call.input(), operation, arn)) {
    needed.set(`${authorization.action} ${authorization.resourceArn}`, authorization)
  }
  return [...needed.values()]
}

/** Returns the objects of a list. Refuses a list that holds anything else, as AWS does. */
function requiredObjects(value: unknown, member: string): readonly Record<string, unknown>[] {
  if (!Array.isArray(value)) return []
  for (const [index, item] of value.entries()) {
    if (item === null) {
      const place = `${member}.${index + 1}.member`
      throw new AwsError(
        'ValidationException',
        `1 validation error detected: Value null at '${place}' failed to satisfy constraint: Member must not be null`,
      )
    }
    if (typeof item !== 'object') throw new AwsError('SerializationException', 'Unexpected value type in payload')
  }
  return value as Record<string, unknown>[]
}
