import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readTokenSecret } from '../../../cli/token.ts'

const VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_CONFIG_FILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]))

/** The signatures of the requests that came. */
const signed: string[] = []
const server = createServer((request, response) => {
  signed.push(String(request.headers.authorization))
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end('{"SecretString":"hush"}')
})
let endpoint: string

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  for (const name of VARIABLES) {
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  }
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it.each([
  ['no region', undefined],
  ['another region', 'us-west-1'],
])("a secret's ARN names its region, with %s in the environment", async (_, region) => {
  delete process.env.AWS_DEFAULT_REGION
  delete process.env.AWS_REGION
  if (region !== undefined) process.env.AWS_REGION = region
  Object.assign(process.env, {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
  const arn = 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:Token-abcdef'
  expect(await readTokenSecret(arn, endpoint)).toBe('hush')
  expect(signed.at(-1)).toContain('/eu-west-3/secretsmanager/aws4_request')
})
