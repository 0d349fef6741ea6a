import { describe, expect, it } from '@jest/globals'
import { dynamodbAuthorizations } from '../../../local/services/dynamodb/authorizations.ts'
import {
  askForConsumedCapacity,
  billedAs,
  failedConditions,
  readConsumedCapacity,
} from '../../../local/services/dynamodb/consumed-capacity.ts'
import { readPartiQl } from '../../../local/services/dynamodb/partiql.ts'
import type { AwsCall } from '../../../local/wire/call.ts'

describe('PartiQL', () => {
  it.each<[string, object | undefined]>([
    [`INSERT INTO "Jobs" VALUE {'pk': ?}`, { verb: 'Insert', table: 'Jobs' }],
    ['update Jobs set state = ? where pk = ?', { verb: 'Update', table: 'Jobs' }],
    [`DELETE\n FROM "My.Jobs" WHERE pk = ?`, { verb: 'Delete', table: 'My.Jobs' }],
    [`SELECT a, "from" FROM "Jobs"."byState" WHERE x = ?`, { verb: 'Select', table: 'Jobs', index: 'byState' }],
    [`EXISTS(SELECT * FROM "Jobs" WHERE pk = 'a')`, { verb: 'Select', table: 'Jobs' }],
    ['DROP TABLE "Jobs"', undefined],
  ])('%s', (statement, expected) => {
    expect(readPartiQl(statement)).toEqual(expected)
  })
})

describe('the permissions that a call needs', () => {
  const arn = (table: string, index?: string): string => (index === undefined ? table : `${table}/index/${index}`)
  const needs = (operation: string, input: object): string[] =>
    dynamodbAuthorizations({ operation, input: () => input } as unknown as AwsCall, arn).map(
      ({ action, resourceArn }) => `${action} ${resourceArn}`,
    )

  it.each<[string, object, string[]]>([
    ['PutItem', { TableName: 'A' }, ['dynamodb:PutItem A']],
    ['Query', { TableName: 'A', IndexName: 'x' }, ['dynamodb:Query A/index/x']],
    ['BatchGetItem', { RequestItems: { A: {}, B: {} } }, ['dynamodb:BatchGetItem A', 'dynamodb:BatchGetItem B']],
    [
      'TransactWriteItems',
      {
        TransactItems: [
          { Put: { TableName: 'A' } },
          { Put: { TableName: 'A' } },
          { ConditionCheck: { TableName: 'B' } },
        ],
      },
      ['dynamodb:PutItem A', 'dynamodb:ConditionCheckItem B'],
    ],
    [
      'BatchExecuteStatement',
      { Statements: [{ Statement: 'UPDATE "A" SET x = 1' }, { Statement: 'DELETE FROM "B"' }] },
      ['dynamodb:PartiQLUpdate A', 'dynamodb:PartiQLDelete B'],
    ],
    ['ListTables', {}, ['dynamodb:ListTables *']],
  ])('%s', (operation, input, expected) => {
    expect(needs(operation, input)).toEqual(expected)
  })

  it('are unknown for an operation or a statement that is not understood, which is refused', () => {
    expect(() => needs('RestoreTableFromBackup', {})).toThrow(/dynamodb:RestoreTableFromBackup/)
    expect(() => needs('ExecuteStatement', { Statement: 'nonsense' })).toThrow(/no table was found/)
    expect(() => needs('TransactWriteItems', { TransactItems: [{ Odd: {} }] })).toThrow(/Odd/)
    expect(() => needs('TransactWriteItems', { TransactItems: [{ toString: {} }] })).toThrow(/toString/)
    expect(() => needs('valueOf', {})).toThrow(/dynamodb:valueOf/)
  })

  it.each(['TransactItems', 'Statements', 'TransactStatements'])(
    'are refused for a list %s that holds null',
    (list) => {
      const operation = {
        TransactItems: 'TransactWriteItems',
        Statements: 'BatchExecuteStatement',
        TransactStatements: 'ExecuteTransaction',
      }[list]!
      const refused = (item: unknown) => () => needs(operation, { [list]: [item] })
      expect(refused(null)).toThrow(expect.objectContaining({ code: 'ValidationException', status: 400 }))
      expect(refused('x')).toThrow(expect.objectContaining({ code: 'SerializationException', status: 400 }))
    },
  )
})

describe('consumed capacity', () => {
  const read = (answer: string, added = true): [number, string] => {
    const { units, body } = readConsumedCapacity(Buffer.from(answer), added)
    return [units, body.toString()]
  }
  const CAPACITY = '"ConsumedCapacity":{"TableName":"A","CapacityUnits":1.5}'

  it('is asked for once, and only if the operation is billed', () => {
    const ask = (operation: string, body: string) => askForConsumedCapacity(operation, Buffer.from(body))
    const asked = ask('GetItem', ' {"TableName":"A"}')
    expect(JSON.parse(asked!.body.toString())).toEqual({ ReturnConsumedCapacity: 'TOTAL', TableName: 'A' })
    expect(asked?.added).toBe(true)
    expect(ask('GetItem', '{"ReturnConsumedCapacity":"TOTAL"}')).toMatchObject({ added: false })
    expect(ask('DescribeTable', '{}')).toBeUndefined()
  })

  it('is cut from the end of an answer', () => {
    expect(read(`{${CAPACITY}}`)).toEqual([1.5, '{}'])
    expect(read(`{"Item":{"ü":{"S":"€"}},${CAPACITY}}`)).toEqual([1.5, '{"Item":{"ü":{"S":"€"}}}'])
    const list = '"ConsumedCapacity":[{"TableName":"A","CapacityUnits":2.0},{"TableName":"B","CapacityUnits":3.0}]'
    expect(read(`{"Responses":{},${list}}`)).toEqual([5, '{"Responses":{}}'])
  })

  it('stays if the caller asked for it', () => {
    expect(read(`{${CAPACITY}}`, false)).toEqual([1.5, `{${CAPACITY}}`])
  })

  it('is found before the end, but not in an item', () => {
    expect(read(`{${CAPACITY},"Count":1}`)).toEqual([1.5, '{"Count":1}'])
    const item = `{"Item":{"ConsumedCapacity":{"S":"x"}}}`
    expect(read(item)).toEqual([0, item])
  })

  it('of a failed condition is one unit', () => {
    const failed = (status: number, answer: string): number => failedConditions(status, Buffer.from(answer))
    expect(failed(400, '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}')).toBe(1)
    expect(failed(400, '{"__type":"com.amazon.coral.validate#ValidationException"}')).toBe(0)
    const error = (code: string): string => `{"Error":{"Code":"${code}","Message":"m"}}`
    const errors = ['DuplicateItem', 'ConditionalCheckFailed', 'ValidationError'].map(error)
    expect(failed(200, `{"Responses":[${errors.join()}]}`)).toBe(2)
  })

  it('is of reads or of writes', () => {
    const billed = (operation: string, input: Record<string, unknown>): string => billedAs(operation, () => input)
    expect(billed('Query', {})).toBe('read')
    expect(billed('UpdateItem', {})).toBe('write')
    expect(billed('ExecuteStatement', { Statement: 'SELECT * FROM "A"' })).toBe('read')
    expect(billed('BatchExecuteStatement', { Statements: [{ Statement: 'UPDATE "A" SET x = 1' }] })).toBe('write')
  })
})
