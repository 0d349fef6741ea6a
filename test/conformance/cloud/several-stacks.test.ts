import { afterEach, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startCloud, type Cloud, type CloudOptions } from '../../../local/cloud.ts'

interface Stack {
  readonly template: object
  readonly dependencies?: readonly string[]
  readonly stackName?: string
}

let workDir: string | undefined
let cloud: Cloud | undefined
afterEach(async () => {
  await cloud?.close()
  cloud = undefined
  if (workDir !== undefined) rmSync(workDir, { recursive: true, force: true })
})

/** Writes an assembly. Stacks whose id has a slash are in the stage before it. */
function writeStacks(stacks: Readonly<Record<string, Stack>>): string {
  workDir = mkdtempSync(join(tmpdir(), 'jobwire-stacks-'))
  const artifacts: Record<string, Record<string, object>> = { '.': {} }
  for (const [path, { template, dependencies = [], stackName }] of Object.entries(stacks)) {
    const [stage, id] = path.includes('/') ? [dirname(path), path.slice(path.indexOf('/') + 1)] : ['.', path]
    const directory = stage === '.' ? '.' : `assembly-${stage}`
    mkdirSync(join(workDir, directory), { recursive: true })
    if (stage !== '.') {
      artifacts['.']![directory] = { type: 'cdk:cloud-assembly', properties: { directoryName: directory } }
    }
    writeFileSync(join(workDir, directory, `${id}.template.json`), JSON.stringify(template))
    const properties = { templateFile: `${id}.template.json`, ...(stackName && { stackName }) }
    artifacts[directory] = {
      ...artifacts[directory],
      [id]: { type: 'aws:cloudformation:stack', properties, dependencies },
    }
  }
  for (const [directory, members] of Object.entries(artifacts)) {
    writeFileSync(join(workDir, directory, 'manifest.json'), JSON.stringify({ version: '1', artifacts: members }))
  }
  return workDir
}

async function start(stacks: Record<string, Stack>, options: Partial<CloudOptions> = {}): Promise<Cloud> {
  cloud = await startCloud({
    assemblyDir: writeStacks(stacks),
    runtimePath: 'unused',
    log: () => undefined,
    ...options,
  })
  return cloud
}

const queue = (properties: object = {}): object => ({ Type: 'AWS::SQS::Queue', Properties: properties })
const exporting = { Queue: { Value: { 'Fn::GetAtt': ['Jobs', 'QueueName'] }, Export: { Name: 'TheQueue' } } }
const FIRST: Stack = { template: { Resources: { Jobs: queue() }, Outputs: exporting } }
const SECOND: Stack = {
  template: {
    Resources: { Jobs: queue({ QueueName: { 'Fn::Join': ['-', ['after', { 'Fn::ImportValue': 'TheQueue' }]] } }) },
    Outputs: { Name: { Value: { 'Fn::Sub': '${AWS::StackName} ${Jobs.QueueName}' } } },
  },
  dependencies: ['First'],
  stackName: 'TheSecond',
}

it('runs a stack after those that it depends on, whatever their order in the manifest', async () => {
  const { outputs, stacks } = await start({ Second: SECOND, First: FIRST })
  expect(Object.keys(stacks)).toEqual(['First', 'TheSecond'])
  expect(outputs).toEqual({ Queue: 'Jobs', Name: 'TheSecond after-Jobs' })
})

it('runs the stacks of stages', async () => {
  const { stacks } = await start({
    'Dev/Second': { ...SECOND, stackName: 'Dev-Second' },
    'Dev/First': FIRST,
    Other: FIRST,
  })
  expect(Object.keys(stacks).sort()).toEqual(['Dev-Second', 'First', 'Other'])
})

it('runs one stack that is named, with those that it depends on and no other', async () => {
  const stacks = { First: FIRST, Second: SECOND, Third: FIRST }
  expect(Object.keys((await start(stacks, { stackName: 'TheSecond' })).stacks)).toEqual(['First', 'TheSecond'])
  await cloud!.close()
  expect(Object.keys((await start(stacks, { stackName: 'Third' })).stacks)).toEqual(['Third'])
  await cloud!.close()
  await expect(start(stacks, { stackName: 'Fourth' })).rejects.toThrow('It has: First, Second, Third.')
})

it('refuses two stacks of one name, as an app of two regions has them', async () => {
  const twice = { One: { ...FIRST, stackName: 'Same' }, Two: { ...FIRST, stackName: 'Same' } }
  await expect(start(twice)).rejects.toThrow('two stacks named Same')
  expect(Object.keys((await start(twice, { stackName: 'Two' })).stacks)).toEqual(['Same'])
})

it('puts the name of the stack before a name that another stack has already', async () => {
  const { stacks } = await start({ First: FIRST, Other: { template: { Resources: { Jobs: queue() } } } })
  expect([stacks['First']!.resources['Jobs']!.ref, stacks['Other']!.resources['Jobs']!.ref]).toEqual([
    expect.stringMatching(/\/Jobs$/),
    expect.stringMatching(/\/Other-Jobs$/),
  ])
})

it('takes parameters from its options, and otherwise their defaults', async () => {
  const template = {
    Parameters: {
      Name: { Type: 'String', Default: 'plain' },
      Zones: { Type: 'CommaDelimitedList', Default: 'a, b' },
      Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/image' },
    },
    Resources: {
      Jobs: queue({ QueueName: { Ref: 'Name' } }),
      Other: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/other', Type: 'String', Value: 'x' } },
    },
    Outputs: {
      Zone: { Value: { 'Fn::Select': [1, { Ref: 'Zones' }] } },
      Image: { Value: { 'Fn::Sub': ['${it}', { it: { Ref: 'Image' } }] } },
    },
  }
  const { outputs, stacks, standIns } = await start({ One: { template } }, { parameters: { Name: 'given' } })
  expect(stacks['One']!.resources['Jobs']!.ref).toMatch(/\/given$/)
  expect(outputs).toEqual({ Zone: 'b', Image: 'dummy-value-for-/image' })
  expect(standIns).toMatchObject([{ logicalId: '/image', type: 'AWS::SSM::Parameter::Value' }])
})

it('takes a type that it has never heard of for a stand-in, and marks it', async () => {
  const Resources = {
    Strange: { Type: 'Vendor::Thing::Part', Properties: { Any: 1 }, UpdatePolicy: {} },
    Jobs: queue({ QueueName: { 'Fn::Select': [0, { 'Fn::Split': ['.', { 'Fn::GetAtt': ['Strange', 'Name'] }] }] } }),
  }
  const { standIns } = await start({ One: { template: { Resources } } })
  expect(standIns).toEqual([
    { stackName: 'One', logicalId: 'Strange', type: 'Vendor::Thing::Part', unknown: true, ref: 'Strange' },
  ])
})

it('keeps secrets in a file of their own, so that tokens outlive a restart without a data directory', async () => {
  const Resources = { Token: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } } }
  const Outputs = { Value: { Value: { 'Fn::Sub': '{{resolve:secretsmanager:${Token}}}' } } }
  const stacks = { One: { template: { Resources, Outputs } } }
  const secretsFile = join(mkdtempSync(join(tmpdir(), 'jobwire-secrets-')), 'secrets.json')
  const first = (await start(stacks, { secretsFile })).outputs['Value']
  await cloud!.close()
  expect((await start(stacks, { secretsFile })).outputs['Value']).toBe(first)
  await cloud!.close()
  expect((await start(stacks)).outputs['Value']).not.toBe(first)
  rmSync(dirname(secretsFile), { recursive: true })
})
