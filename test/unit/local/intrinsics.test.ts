import { describe, expect, it } from '@jest/globals'
import { creationOrder } from '../../../local/assembly/creation-order.ts'
import { evaluateCondition, NO_VALUE, referencesOf, resolve, type Scope } from '../../../local/assembly/intrinsics.ts'
import { readTemplate } from '../../../local/assembly/template.ts'

const REFS: Readonly<Record<string, unknown>> = {
  'AWS::Region': 'us-east-1',
  'AWS::NoValue': NO_VALUE,
  Queue: 'http://127.0.0.1/queue',
  Count: 3,
  Names: ['a', 'b'],
}

const scope: Scope = {
  where: 'Thing',
  ref: (name) => REFS[name],
  attribute: (logicalId, name) => `${logicalId}/${name}`,
  condition: (name) => name === 'Yes',
  mapped: (...names) => (names.join(' ') === 'Map us-east-1 runtime' ? 'nodejs24.x' : undefined),
  imported: (name) => `imported ${name}`,
  dynamic: (reference) => `value of ${reference}`,
}

describe('intrinsics', () => {
  it.each<[string, unknown, unknown]>([
    ['Ref', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'Queue/Arn'],
    ['Fn::GetAtt as a string', { 'Fn::GetAtt': 'Queue.Arn' }, 'Queue/Arn'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Count' }, { Ref: 'AWS::NoValue' }]] }, 'a-3'],
    ['Fn::Join of a list that is referred to', { 'Fn::Join': [',', { Ref: 'Names' }] }, 'a,b'],
    ['Fn::Sub', { 'Fn::Sub': '${AWS::Region} ${Queue.Arn} ${!Literal}' }, 'us-east-1 Queue/Arn ${Literal}'],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${x}-${Count}', { x: { Ref: 'Queue' } }] }, 'http://127.0.0.1/queue-3'],
    ['Fn::Select and Fn::Split', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b'] }] }, 'b'],
    ['Fn::If', [{ 'Fn::If': ['Yes', 1, 2] }, { 'Fn::If': ['No', 1, { Ref: 'Count' }] }], [1, 3]],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'runtime'] }, 'nodejs24.x'],
    ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': 'Other:${Count}' } }, 'imported Other:3'],
    ['Fn::Base64', { 'Fn::Base64': { 'Fn::Join': ['', ['a', 'b']] } }, 'YWI='],
    ['Fn::GetAZs', { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] }, 'us-east-1b'],
    ['Fn::Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 3, '8'] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['a dynamic reference', 'x {{resolve:ssm:/name}}', 'x value of ssm:/name'],
    [
      'a dynamic reference that is put together',
      { 'Fn::Join': ['', ['{{resolve:ssm:', { Ref: 'Count' }, '}}']] },
      'value of ssm:3',
    ],
    ['AWS::NoValue', { keep: [1, { Ref: 'AWS::NoValue' }], drop: { Ref: 'AWS::NoValue' } }, { keep: [1] }],
    [
      'what only looks like one',
      { Condition: { Bool: {} }, Fn: 1, n: null },
      { Condition: { Bool: {} }, Fn: 1, n: null },
    ],
  ])('resolve %s', (_name, value, expected) => {
    expect(resolve(value, scope)).toEqual(expected)
  })

  it.each<[unknown, RegExp]>([
    [{ 'Fn::Transform': 'x' }, /^Thing: .*Fn::Transform/],
    [{ a: [{ 'Fn::Cidr': [] }] }, /^Thing: .*Fn::Cidr/],
    [{ Ref: 'Queue', Other: 1 }, /^Thing: Ref stands beside Other/],
    [{ 'Fn::Join': 'x' }, /^Thing: the arguments of Fn::Join/],
    [{ 'Fn::Select': [5, ['a']] }, /^Thing: the arguments of Fn::Select/],
  ])('refuse %j by name', (value, expected) => {
    expect(() => resolve(value, scope)).toThrow(expected)
  })

  it('make conditions', () => {
    const same = { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] }
    const evaluate = (expression: unknown): boolean => evaluateCondition(expression, scope)
    expect(evaluate(same)).toBe(true)
    expect(evaluate({ 'Fn::Not': [same] })).toBe(false)
    expect(evaluate({ 'Fn::And': [same, { Condition: 'No' }] })).toBe(false)
    expect(evaluate({ 'Fn::Or': [{ Condition: 'No' }, { Condition: 'Yes' }] })).toBe(true)
    expect(() => evaluate({ 'Fn::Contains': [] })).toThrow(/condition Fn::Contains/)
  })

  it('have all their references found', () => {
    const value = {
      a: [{ Ref: 'A' }, { 'Fn::GetAtt': 'B.Arn' }],
      b: { 'Fn::Sub': ['${C.Arn} ${own} ${!D}', { own: { Ref: 'E' } }] },
    }
    expect([...referencesOf(value, 'Thing')].sort()).toEqual(['A', 'B', 'C', 'E'])
  })
})

describe('the order of creation', () => {
  const order = (Resources: object): string[] => creationOrder(readTemplate({ Resources }))
  const resource = (more: object = {}): object => ({ Type: 'T', ...more })

  it('puts a resource after those that it refers to and depends on, and keeps the template’s order otherwise', () => {
    const Resources = {
      Z: resource({ Properties: { x: { 'Fn::GetAtt': ['M', 'Arn'] } } }),
      A: resource(),
      M: resource({ DependsOn: ['B', 'C'] }),
      C: resource({ Properties: { x: { 'Fn::Sub': '${B}' } } }),
      B: resource({ Properties: { x: { Ref: 'AWS::Region' } } }),
    }
    expect(order(Resources)).toEqual(['B', 'C', 'M', 'Z', 'A'])
  })

  it('refuses a circle and a reference that leads nowhere', () => {
    const circle = { A: resource({ Properties: { Ref: 'B' } }), B: resource({ DependsOn: 'A' }) }
    expect(() => order(circle)).toThrow('in a circle: A -> B -> A.')
    expect(() => order({ A: resource({ DependsOn: 'Gone' }) })).toThrow('A refers to Gone')
  })
})
