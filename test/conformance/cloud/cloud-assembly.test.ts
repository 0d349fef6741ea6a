import { afterEach, describe, expect, it } from '@jest/globals'
import { startCloud } from '../../../local/cloud.ts'
import { table, writeAssembly } from './hand-made-assembly.ts'

/** Returns the error of `startCloud` for a template that it cannot run. */
async function refusal(template: object, stackName?: string): Promise<string> {
  const assembly = writeAssembly(template)
  try {
    const options = { assemblyDir: assembly.assemblyDir, runtimePath: 'unused', dataDir: assembly.dataDir }
    const cloud = await startCloud(stackName === undefined ? options : { ...options, stackName })
    await cloud.close()
    return 'nothing: it started'
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  } finally {
    assembly.remove()
  }
}

const topic = { Type: 'AWS::SNS::Topic' }
const logs = (Properties: object): object => ({ Type: 'AWS::Logs::LogGroup', Properties })

describe('a template that the local cloud cannot run is refused by name:', () => {
  afterEach(() => expect.hasAssertions())

  it.each<[string, object, RegExp]>([
    ['a property', { Jobs: table({ ResourcePolicy: {} }) }, /^AssemblyError: Jobs .*property ResourcePolicy/],
    [
      'an intrinsic',
      { Logs: logs({ LogGroupName: { 'Fn::Transform': 'x' } }) },
      /^AssemblyError: Logs: .*Fn::Transform/,
    ],
    [
      'an import of nothing',
      { Logs: logs({ LogGroupName: { 'Fn::ImportValue': 'x' } }) },
      /^AssemblyError: Logs imports x/,
    ],
    ['a reference', { Logs: logs({ LogGroupName: { Ref: 'Gone' } }) }, /^AssemblyError: Logs refers to Gone/],
    [
      'an attribute',
      { Jobs: table(), Logs: logs({ LogGroupName: { 'Fn::GetAtt': ['Jobs', 'Nothing'] } }) },
      /^AssemblyError: Logs: .* attribute Nothing of Jobs \(AWS::DynamoDB::Table\)/,
    ],
    ['a resource attribute', { Jobs: { ...table(), UpdatePolicy: {} } }, /^AssemblyError: Jobs .*UpdatePolicy/],
    [
      'a pseudo parameter',
      { Logs: logs({ LogGroupName: { Ref: 'AWS::NotificationARNs' } }) },
      /Logs: .*NotificationARNs/,
    ],
    ['a dynamic reference', { Logs: logs({ LogGroupName: '{{resolve:ssm:/x}}' }) }, /Logs: .*\{\{resolve:ssm:\/x\}\}/],
    [
      'a circle',
      { A: { ...topic, DependsOn: 'B' }, B: { ...topic, DependsOn: ['C'] }, C: { ...topic, DependsOn: 'A' } },
      /^AssemblyError: .*circle: A -> B -> C -> A\./,
    ],
  ])('%s', async (_what, Resources, expected) => {
    expect(await refusal({ Resources })).toMatch(expected)
  })

  it('a section, a rule, a parameter without a default, a stack that is not there', async () => {
    expect(await refusal({ Transform: 'x', Resources: {} })).toMatch(/section Transform/)
    expect(await refusal({ Rules: { Mine: {} }, Resources: {} })).toMatch(/rule Mine/)
    expect(await refusal({ Parameters: { Size: { Type: 'String' } }, Resources: {} })).toMatch(
      /parameter Size \(String\)/,
    )
    expect(await refusal({ Resources: {} }, 'Other')).toMatch(/no stack named Other. It has: Example\./)
    await expect(startCloud({ assemblyDir: 'docs', runtimePath: 'unused' })).rejects.toThrow(
      /docs is not a cloud assembly/,
    )
  })
})

it('starts with everything that CDK puts into every template', async () => {
  const assembly = writeAssembly({
    Resources: {
      CDKMetadata: {
        Type: 'AWS::CDK::Metadata',
        Properties: { Analytics: 'v2:deflate64:x' },
        Condition: 'CDKMetadataAvailable',
      },
      Second: { ...logs({ LogGroupName: { 'Fn::Sub': '${First}-${AWS::Region}' } }), DependsOn: ['First'] },
      First: logs({ LogGroupName: 'first', KmsKeyId: { Ref: 'AWS::NoValue' } }),
    },
    Conditions: {
      CDKMetadataAvailable: {
        'Fn::Or': [
          { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'af-south-1'] },
          { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] }] },
        ],
      },
    },
    Parameters: {
      BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/x/version' },
    },
    Rules: { CheckBootstrapVersion: { Assertions: [] } },
    Outputs: { Name: { Value: { Ref: 'Second' } } },
  })
  const cloud = await startCloud({ assemblyDir: assembly.assemblyDir, runtimePath: 'unused' })
  await cloud.close()
  assembly.remove()
  expect(cloud.outputs).toEqual({ Name: 'first-us-east-1' })
})
