import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CALL_LIMITS } from '../../../../lambdas/aws/kit/call-limits.ts'

const silent = createServer(() => undefined)

beforeAll(() => new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  silent.closeAllConnections()
  silent.close()
})

it('a call that gets no answer is given up and tried again, with the limits that every client has', async () => {
  const { requestHandler } = CALL_LIMITS
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    // Shorter limits, so that the test does not take ten seconds.
    requestHandler: { ...requestHandler, requestTimeout: requestHandler.requestTimeout / 1_000 },
    maxAttempts: 2,
  })
  await expect(client.send(new ListTablesCommand({}))).rejects.toMatchObject({
    name: 'TimeoutError',
    $metadata: { attempts: 2 },
  })
  client.destroy()
})
