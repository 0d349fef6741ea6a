import { describe, expect, it } from '@jest/globals'
import { evaluateStatements, readPolicy, type Decision } from '../../../local/services/iam/policy.ts'
import { createRoleStore } from '../../../local/services/iam/roles.ts'

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:Jobs'
const allow = (more: object): object => ({ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE, ...more })

function decision(statements: object | object[], action = 'sqs:SendMessage', resource = QUEUE): Decision {
  return evaluateStatements(readPolicy({ Version: '2012-10-17', Statement: statements }, 'Policy'), action, resource)
}

describe('a policy', () => {
  it.each<[string, object | object[], Decision]>([
    ['allows what it names', allow({}), 'allowed'],
    [
      'allows by lists',
      [allow({ Action: ['sqs:ReceiveMessage', 'sqs:SendMessage'], Resource: ['x', QUEUE] })],
      'allowed',
    ],
    ['compares actions without case', allow({ Action: 'SQS:sendmessage' }), 'allowed'],
    ['compares resources with case', allow({ Resource: QUEUE.toLowerCase() }), 'not-allowed'],
    ['knows * in actions', allow({ Action: 'sqs:Send*' }), 'allowed'],
    ['knows ? in resources', allow({ Resource: 'arn:aws:sqs:*:*:Job?' }), 'allowed'],
    ['takes other characters as they are', allow({ Resource: QUEUE.replace('J', '.') }), 'not-allowed'],
    ['covers whole names only', allow({ Action: 'sqs:Send', Resource: '*' }), 'not-allowed'],
    ['knows NotAction', [{ Effect: 'Allow', NotAction: 'sqs:Delete*', Resource: '*' }], 'allowed'],
    ['knows NotResource', [{ Effect: 'Allow', Action: '*', NotResource: QUEUE }], 'not-allowed'],
    ['lets Deny win wherever it stands', [{ ...allow({}), Effect: 'Deny' }, allow({})], 'denied'],
    ['allows nothing by nothing', [], 'not-allowed'],
    [
      'leaves a statement with a condition out',
      [allow({ Condition: { StringLike: { 'aws:username': 'a*' } } })],
      'not-allowed',
    ],
    ['leaves a statement with a policy variable out', [allow({ Resource: 'arn:${aws:username}' })], 'not-allowed'],
    [
      'refuses what a statement with a condition denies',
      [allow({}), allow({ Effect: 'Deny', Condition: { StringLike: { 'aws:username': 'a*' } } })],
      'not-allowed',
    ],
    [
      'refuses what a statement denies outside of a policy variable',
      [allow({}), { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:sqs:*:*:${aws:username}' }],
      'not-allowed',
    ],
    [
      'knows that no call is plain',
      [allow({}), allow({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      'allowed',
    ],
    [
      'knows that every call is encrypted',
      allow({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
      'allowed',
    ],
  ])('%s', (_what, statements, expected) => {
    expect(decision(statements)).toBe(expected)
  })

  it.each<[object, RegExp]>([
    [allow({ Effect: 'Maybe' }), /^Policy: .*Maybe/],
    [allow({ NotAction: 'x' }), /^Policy: .*either Action or NotAction/],
  ])('that uses an element that is not implemented is refused: %j', (statement, expected) => {
    expect(() => decision(statement)).toThrow(expected)
  })
})

describe('a role', () => {
  const trust = {
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
  }
  const make = async (type: string, logicalId: string, properties: object, roles = createRoleStore('000000000000')) => {
    const { ref } = await roles.resources[type]!({ logicalId, type, properties: { ...properties } })
    return { roles, ref }
  }

  it('has the statements of its own policies and of policies that name it', async () => {
    const own = { PolicyName: 'own', PolicyDocument: { Statement: allow({}) } }
    const { roles, ref } = await make('AWS::IAM::Role', 'Worker', { AssumeRolePolicyDocument: trust, Policies: [own] })
    const attached = { PolicyDocument: { Statement: allow({ Action: 'sqs:DeleteMessage' }) }, Roles: [ref] }
    await make('AWS::IAM::Policy', 'Attached', { ...attached, PolicyName: 'attached' }, roles)
    const role = roles.get('arn:aws:iam::000000000000:role/Worker')!
    expect(role.trusted).toEqual(['lambda.amazonaws.com'])
    expect(evaluateStatements(role.statements, 'sqs:SendMessage', QUEUE)).toBe('allowed')
    expect(evaluateStatements(role.statements, 'sqs:DeleteMessage', QUEUE)).toBe('allowed')
    expect(evaluateStatements(role.statements, 'sqs:PurgeQueue', QUEUE)).toBe('not-allowed')
  })

  it('may write logs by the managed policy that CDK attaches; an unknown managed policy allows nothing', async () => {
    const arn = (name: string): string => `arn:aws:iam::aws:policy/${name}`
    const withManaged = (name: string) =>
      make('AWS::IAM::Role', 'Worker', { AssumeRolePolicyDocument: trust, ManagedPolicyArns: [arn(name)] })
    const { roles } = await withManaged('service-role/AWSLambdaBasicExecutionRole')
    const { statements } = roles.get('arn:aws:iam::000000000000:role/Worker')!
    expect(evaluateStatements(statements, 'logs:PutLogEvents', 'arn:aws:logs:us-east-1:000000000000:log-group:x')).toBe(
      'allowed',
    )
    expect(evaluateStatements(statements, 'sqs:SendMessage', QUEUE)).toBe('not-allowed')
    const other = (await withManaged('AmazonBraketFullAccess')).roles.get('arn:aws:iam::000000000000:role/Worker')
    expect(other?.statements).toEqual([])
  })

  it('trusts the services that it names', async () => {
    const { roles } = await make('AWS::IAM::Role', 'Gateway', {
      AssumeRolePolicyDocument: {
        Statement: [{ ...trust.Statement[0], Principal: { Service: 'apigateway.amazonaws.com' } }],
      },
    })
    expect(roles.get('arn:aws:iam::000000000000:role/Gateway')?.trusted).toEqual(['apigateway.amazonaws.com'])
  })
})
