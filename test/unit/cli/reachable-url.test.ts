import { expect, it } from '@jest/globals'
import { reachableUrl } from '../../../cli/target/reachable-url.ts'

const EMULATOR = 'http://127.0.0.1:4566/'

it.each([
  ['https://a1b2.execute-api.us-east-1.amazonaws.com/v1', EMULATOR, 'http://127.0.0.1:4566/_aws/execute-api/a1b2/v1'],
  [
    'https://a1b2.execute-api.cn-north-1.amazonaws.com.cn/v1/',
    EMULATOR,
    'http://127.0.0.1:4566/_aws/execute-api/a1b2/v1/',
  ],
  ['wss://a1b2.execute-api.us-east-1.amazonaws.com/v1', EMULATOR, 'ws://127.0.0.1:4566/_aws/execute-api/a1b2/v1'],
  [
    'https://a1b2.execute-api.us-east-1.amazonaws.com/v1',
    undefined,
    'https://a1b2.execute-api.us-east-1.amazonaws.com/v1',
  ],
  ['http://127.0.0.1:4777/_aws/execute-api/a1b2/v1', EMULATOR, 'http://127.0.0.1:4777/_aws/execute-api/a1b2/v1'],
  ['https://jobs.example.com', EMULATOR, 'https://jobs.example.com'],
])('%s with the endpoint %s is reached at %s', (url, endpoint, reached) => {
  expect(reachableUrl(url, endpoint)).toBe(reached)
})
