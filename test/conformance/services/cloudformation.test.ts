import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackResourceCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ListExportsCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Cloud } from '../../../local/cloud.ts'
import { clientSettings } from '../cloud/client-settings.ts'
import { CREDENTIALS_HANDLER, lambdaFunction, role, writeAssembly } from '../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../cloud/start-assembly.ts'

const STACK_ARN = /^arn:aws:cloudformation:us-east-1:000000000000:stack\/Example\/[\da-f-]{36}$/

const assembly = writeAssembly(
  {
    Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
    Resources: {
      Jobs: { Type: 'AWS::SQS::Queue' },
      Unmade: { Type: 'AWS::SQS::Queue', Condition: 'Never' },
      Reader: lambdaFunction('ReaderRole', 'reader'),
      ReaderRole: role({
        Effect: 'Allow',
        Action: 'cloudformation:DescribeStacks',
        Resource: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Example/*',
      }),
    },
    Outputs: {
      Address: { Value: { Ref: 'Jobs' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}-jobs' } } },
      StackId: { Value: { Ref: 'AWS::StackId' } },
    },
  },
  { reader: CREDENTIALS_HANDLER },
)

let cloud: Cloud
let client: CloudFormationClient
const example = { StackName: 'Example' }

beforeAll(async () => {
  cloud = await startAssembly(assembly)
  client = new CloudFormationClient(clientSettings(cloud.endpoint))
})
afterAll(async () => {
  client.destroy()
  await cloud.close()
  assembly.remove()
})

it('describes stacks with their outputs, by name and by id', async () => {
  const { Stacks } = await client.send(new DescribeStacksCommand({}))
  expect(Stacks).toMatchObject([
    {
      StackName: 'Example',
      StackId: expect.stringMatching(STACK_ARN),
      StackStatus: 'CREATE_COMPLETE',
      CreationTime: expect.any(Date),
      Outputs: [
        { OutputKey: 'Address', OutputValue: cloud.outputs['Address'], ExportName: 'Example-jobs' },
        { OutputKey: 'StackId', OutputValue: Stacks![0]!.StackId },
      ],
    },
  ])
  for (const StackName of ['Example', Stacks![0]!.StackId]) {
    expect((await client.send(new DescribeStacksCommand({ StackName }))).Stacks).toEqual(Stacks)
  }
  const missing = client.send(new DescribeStacksCommand({ StackName: 'Missing' }))
  await expect(missing).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'Stack with id Missing does not exist',
  })
})

it('lists stacks by their status', async () => {
  const list = async (StackStatusFilter?: ('CREATE_COMPLETE' | 'DELETE_COMPLETE')[]) =>
    (await client.send(new ListStacksCommand({ StackStatusFilter }))).StackSummaries!.map(({ StackName }) => StackName)
  expect(await list()).toEqual(['Example'])
  expect(await list(['DELETE_COMPLETE', 'CREATE_COMPLETE'])).toEqual(['Example'])
  expect(await list(['DELETE_COMPLETE'])).toEqual([])
})

it('describes the resources that were made', async () => {
  const { StackResourceSummaries } = await client.send(new ListStackResourcesCommand(example))
  expect(StackResourceSummaries!.map(({ LogicalResourceId }) => LogicalResourceId)).toEqual(
    expect.arrayContaining(['Jobs', 'Reader', 'ReaderRole']),
  )
  expect(StackResourceSummaries).toHaveLength(3)
  const jobs = {
    LogicalResourceId: 'Jobs',
    PhysicalResourceId: cloud.outputs['Address'],
    ResourceType: 'AWS::SQS::Queue',
    ResourceStatus: 'CREATE_COMPLETE',
    StackName: 'Example',
  }
  const { StackResources } = await client.send(
    new DescribeStackResourcesCommand({ PhysicalResourceId: cloud.outputs['Address'], LogicalResourceId: 'Jobs' }),
  )
  expect(StackResources).toMatchObject([jobs])
  const one = new DescribeStackResourceCommand({ ...example, LogicalResourceId: 'Jobs' })
  expect((await client.send(one)).StackResourceDetail).toMatchObject(jobs)
  const missing = new DescribeStackResourceCommand({ ...example, LogicalResourceId: 'Unmade' })
  await expect(client.send(missing)).rejects.toMatchObject({ name: 'ValidationError' })
  await expect(client.send(new DescribeStackResourcesCommand({}))).rejects.toMatchObject({ name: 'ValidationError' })
})

it('lists exports', async () => {
  const { Exports } = await client.send(new ListExportsCommand({}))
  expect(Exports).toEqual([
    {
      Name: 'Example-jobs',
      Value: cloud.outputs['Address'],
      ExportingStackId: expect.stringMatching(STACK_ARN),
    },
  ])
})

it('needs permission, and refuses what is not there by its name', async () => {
  const reader = new CloudFormationClient(clientSettings(cloud.endpoint, await credentialsOf(cloud, 'Reader')))
  await expect(reader.send(new DescribeStacksCommand(example))).resolves.toBeDefined()
  await expect(reader.send(new ListExportsCommand({}))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('cloudformation:ListExports'),
    $metadata: { httpStatusCode: 403 },
  })
  reader.destroy()
  await expect(client.send(new DeleteStackCommand(example))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('cloudformation:DeleteStack'),
  })
})
