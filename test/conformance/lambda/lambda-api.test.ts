import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Cloud } from '../../../local/cloud.ts'
import { OWNER, type Credentials } from '../cloud/client-settings.ts'
import { arnOf, CREDENTIALS_HANDLER, lambdaFunction, role, writeAssembly } from '../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../cloud/start-assembly.ts'

const ARN = 'arn:aws:lambda:us-east-1:000000000000'
const mapping = (source: string, more: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { EventSourceArn: arnOf(source), FunctionName: { Ref: 'Worker' }, ...more },
})

const assembly = writeAssembly(
  {
    Resources: {
      Jobs: { Type: 'AWS::SQS::Queue' },
      Slow: { Type: 'AWS::SQS::Queue' },
      Worker: lambdaFunction('WorkerRole', 'worker'),
      WorkerRole: role({
        Effect: 'Allow',
        Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        Resource: '*',
      }),
      FromJobs: mapping('Jobs', {
        BatchSize: 5,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 3 },
      }),
      FromSlow: mapping('Slow', { Enabled: false, MaximumBatchingWindowInSeconds: 2 }),
      Asker: lambdaFunction('AskerRole', 'worker'),
      AskerRole: role({ Effect: 'Allow', Action: 'lambda:GetFunction', Resource: arnOf('Worker') }),
    },
    Outputs: { jobs: { Value: arnOf('Jobs') }, fromJobs: { Value: { Ref: 'FromJobs' } } },
  },
  { worker: CREDENTIALS_HANDLER },
)

let cloud: Cloud

beforeAll(async () => {
  cloud = await startAssembly(assembly)
})
afterAll(async () => {
  await cloud.close()
  assembly.remove()
})

async function call(method: string, path: string, { accessKeyId }: Credentials = OWNER) {
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/lambda/aws4_request, Signature=x`
  const answer = await fetch(cloud.endpoint + path, { method, headers: { authorization } })
  return { status: answer.status, body: (await answer.json()) as any }
}

it('lists and describes event source mappings', async () => {
  const { body } = await call('GET', '/2015-03-31/event-source-mappings/')
  expect(body.EventSourceMappings).toEqual([
    {
      UUID: cloud.outputs['fromJobs'],
      EventSourceMappingArn: `${ARN}:event-source-mapping:${cloud.outputs['fromJobs']}`,
      EventSourceArn: cloud.outputs['jobs'],
      FunctionArn: `${ARN}:function:Worker`,
      BatchSize: 5,
      MaximumBatchingWindowInSeconds: 0,
      State: 'Enabled',
      StateTransitionReason: 'USER_INITIATED',
      LastModified: expect.any(Number),
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 3 },
    },
    expect.objectContaining({ State: 'Disabled', MaximumBatchingWindowInSeconds: 2 }),
  ])
  const one = await call('GET', `/2015-03-31/event-source-mappings/${cloud.outputs['fromJobs']}`)
  expect(one.body).toEqual(body.EventSourceMappings[0])
  expect((await call('GET', '/2015-03-31/event-source-mappings/none')).status).toBe(404)
})

it('lists mappings by function and by source, page by page', async () => {
  const list = async (query: string) => (await call('GET', `/2015-03-31/event-source-mappings/?${query}`)).body
  expect((await list('FunctionName=Worker')).EventSourceMappings).toHaveLength(2)
  expect((await list('FunctionName=Asker')).EventSourceMappings).toHaveLength(0)
  expect((await list(`EventSourceArn=${cloud.outputs['jobs']}`)).EventSourceMappings).toHaveLength(1)
  const first = await list('MaxItems=1')
  const second = await list(`MaxItems=1&Marker=${first.NextMarker}`)
  expect([first, second].flatMap(({ EventSourceMappings: found }) => found)).toHaveLength(2)
  expect(second.NextMarker).toBeUndefined()
})

it('refuses what is not there by its name', async () => {
  const named = async (method: string, path: string) => (await call(method, path)).body.message as string
  expect(await named('DELETE', '/2015-03-31/functions/Worker')).toContain('DeleteFunction')
  expect(await named('GET', '/2015-03-31/functions/Worker/aliases')).toContain('ListAliases')
  expect(await named('POST', '/2015-03-31/event-source-mappings/')).toContain('CreateEventSourceMapping')
  expect(await named('GET', '/2018-10-31/layers')).toContain('ListLayers')
  expect(await named('GET', '/2030-01-01/something-new')).toContain('GET /2030-01-01/something-new')
})

it('needs the permission of each operation', async () => {
  const asker = await credentialsOf(cloud, 'Asker')
  expect((await call('GET', '/2015-03-31/functions/Worker', asker)).status).toBe(200)
  for (const [path, action] of [
    ['functions/Worker/configuration', 'lambda:GetFunctionConfiguration'],
    ['functions', 'lambda:ListFunctions'],
    ['event-source-mappings', 'lambda:ListEventSourceMappings'],
    [`event-source-mappings/${cloud.outputs['fromJobs']}`, 'lambda:GetEventSourceMapping'],
  ]) {
    const { status, body } = await call('GET', `/2015-03-31/${path}`, asker)
    expect([status, body.message]).toEqual([403, expect.stringContaining(action!)])
  }
})
