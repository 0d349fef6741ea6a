import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { environmentVariables } from '../../../local/services/lambda/environments/environment-variables.ts'
import { parseFunction } from '../../../local/services/lambda/definition/function-configuration.ts'
import { cloudContext } from '../cloud/cloud-context.ts'
import { openLambdaCloud, type LambdaCloud } from './lambda-cloud.ts'

const ENVIRONMENT = 'exports.handler = async () => process.env'
/** Calls the address by each way that Node.js has, and returns the errors. */
const CALLS = `
  const https = require('node:https'), net = require('node:net')
  const get = (options) => new Promise((resolve) =>
    https.get(options, () => resolve('answered')).on('error', ({ message }) => resolve(message)))
  exports.handler = async ({ host }) => [
    await fetch('https://' + host).then(() => 'answered', ({ cause }) => cause.message),
    await get({ host }),
    await get('https://' + host + '/path'),
    await new Promise((resolve) => net.connect(443, host).on('error', ({ message }) => resolve(message))),
  ]`
/** Returns where the default client of the SDK would send a call to, and with whose key. */
const CLIENT = `
  const { ListQueuesCommand, SQSClient } = require('${join(process.cwd(), 'node_modules/@aws-sdk/client-sqs')}')
  exports.handler = async () => {
    const client = new SQSClient({ maxAttempts: 1 })
    const capture = () => async ({ request }) => { throw Object.assign(new Error('captured'), { request }) }
    client.middlewareStack.add(capture, { step: 'finalizeRequest', priority: 'low' })
    const { request } = await client.send(new ListQueuesCommand({})).catch((error) => error)
    const { accessKeyId } = await client.config.credentials()
    return { accessKeyId, hostname: request.hostname }
  }`

/** Settings of a laptop that would lead an SDK to a real account. */
const LAPTOP = {
  AWS_PROFILE: 'work',
  AWS_ACCESS_KEY_ID: 'AKIAREAL',
  AWS_SECRET_ACCESS_KEY: 'real',
  AWS_ENDPOINT_URL_SQS: 'https://sqs.us-east-1.amazonaws.com',
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.2/credentials',
  AWS_CONFIG_FILE: '/home/me/.aws/config',
}

describe('the code of a function', () => {
  let cloud: LambdaCloud
  const given = { ...process.env }
  beforeAll(() => {
    cloud = openLambdaCloud()
  })
  beforeEach(() => {
    Object.assign(process.env, LAPTOP)
  })
  afterEach(() => {
    process.env = { ...given }
  })
  afterAll(() => cloud.close())

  it('gets no setting of AWS from the machine, nor one from the template that leads away', async () => {
    const variables = {
      AWS_ENDPOINT_URL_DYNAMODB: 'https://dynamodb.us-east-1.amazonaws.com',
      AWS_PROFILE: 'x',
      OWN: 'y',
    }
    const arn = await cloud.define('Environment', ENVIRONMENT, { Environment: { Variables: variables } })
    const { value } = await cloud.run(arn)
    expect(value).toMatchObject({
      OWN: 'y',
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: 'key-of-Environment',
      AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1/),
    })
    for (const name of [...Object.keys(LAPTOP), 'AWS_ENDPOINT_URL_DYNAMODB', 'HOME']) {
      expect(JSON.stringify(value[name] ?? '')).not.toMatch(/amazonaws|REAL|work|home|170\.2|true/)
    }
  })

  it('has a client of the SDK that knows the local cloud and nothing else', async () => {
    const arn = await cloud.define('Client', CLIENT)
    const { value } = await cloud.run(arn)
    expect(value).toEqual({ accessKeyId: 'key-of-Client', hostname: '127.0.0.1' })
  })

  it.each([
    'sqs.us-east-1.amazonaws.com',
    'bucket.s3.amazonaws.com',
    'sns.cn-north-1.amazonaws.com.cn',
    '169.254.169.254',
  ])('reaches %s by no way, and is told so', async (host) => {
    const arn = await cloud.define(`Calls-${host.replaceAll('.', '-')}`, CALLS)
    const { value } = await cloud.run(arn, { host })
    expect(new Set(value)).toEqual(
      new Set([expect.stringContaining(`lets no call out to AWS, and this function calls ${host}.`)]),
    )
  })

  it('has the profiles of the machine if real AWS is allowed', () => {
    const configuration = parseFunction({
      logicalId: 'Allowed',
      type: 'AWS::Lambda::Function',
      properties: { Code: { ZipFile: '' }, Handler: 'index.handler', Runtime: 'nodejs24.x', Role: 'arn:role' },
    })
    const own = {
      credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
      taskRoot: '/task',
      logStream: 'stream',
    }
    const variables = environmentVariables(cloudContext({ allowRealAws: true }), configuration, own)
    expect(variables).toMatchObject({ AWS_PROFILE: 'work', AWS_CONFIG_FILE: '/home/me/.aws/config' })
    // The default client still goes to the local cloud, as its own role.
    expect(variables).toMatchObject({ AWS_ACCESS_KEY_ID: 'a', AWS_ENDPOINT_URL: expect.stringContaining('127.0.0.1') })
    expect(variables['AWS_EC2_METADATA_DISABLED']).toBeUndefined()
  })
})
