import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { clientUrl, rewriteApiUrls } from '../../../local/services/execute-api-urls.ts'
import { stableId } from '../../../local/services/execute-api/api-ids.ts'
import { evaluateInvokePolicy } from '../../../local/services/execute-api/invoke-policy.ts'
import { wildcardPattern } from '../../../local/services/wildcard.ts'
import { watchFrameLengths } from '../../../local/services/websocket-api/frame-lengths.ts'

const ENDPOINT = 'http://127.0.0.1:4510'

describe('the addresses of APIs', () => {
  const rewrite = (text: string): string => rewriteApiUrls(text, ENDPOINT, (id) => id === 'a1b2c3d4e5')

  it.each([
    ['https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/v1', `${ENDPOINT}/_aws/execute-api/a1b2c3d4e5/v1`],
    [
      'https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/v1/jobs',
      `${ENDPOINT}/_aws/execute-api/a1b2c3d4e5/v1/jobs`,
    ],
    ['https://a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn/v1/', `${ENDPOINT}/_aws/execute-api/a1b2c3d4e5/v1/`],
    ['wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/v1', 'ws://127.0.0.1:4510/_aws/execute-api/a1b2c3d4e5/v1'],
    ['wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com', 'ws://127.0.0.1:4510/_aws/execute-api/a1b2c3d4e5'],
    ['https://other.execute-api.us-east-1.amazonaws.com/v1', 'https://other.execute-api.us-east-1.amazonaws.com/v1'],
    ['https://sqs.us-east-1.amazonaws.com/1/q', 'https://sqs.us-east-1.amazonaws.com/1/q'],
  ])('%s becomes %s', (aws, local) => {
    expect(rewrite(aws)).toBe(local)
    expect(rewrite(`{"a":"${aws}","b":"${aws}"}`)).toBe(`{"a":"${local}","b":"${local}"}`)
  })

  it('are the same as if made one by one, and depend on the logical id only', () => {
    expect(clientUrl(ENDPOINT, 'ws', 'x', 'v1')).toBe('ws://127.0.0.1:4510/_aws/execute-api/x/v1')
    expect(stableId('Api')).toBe(stableId('Api'))
    expect(stableId('Api')).toMatch(/^[a-z0-9]{10}$/)
    expect(stableId('Api')).not.toBe(stableId('Api2'))
  })
})

describe("an authorizer's policy", () => {
  const ARN = 'arn:aws:execute-api:us-east-1:000000000000:abc/v1/GET/jobs/1'
  const decide = (...statements: object[]): unknown => evaluateInvokePolicy({ Statement: statements }, ARN)
  const allow = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }

  it('allows what matches, and a deny wins', () => {
    expect(decide(allow)).toBe('allow')
    expect(decide({ ...allow, Action: ['sqs:*', 'execute-api:*'], Resource: ['x', '*/GET/*'] })).toBe('allow')
    expect(decide(allow, { ...allow, Effect: 'Deny' })).toBe('deny')
    expect(decide({ ...allow, Resource: '*/POST/*' })).toBe('implicit-deny')
    expect(decide({ ...allow, Action: 'sqs:SendMessage' })).toBe('implicit-deny')
    expect(decide()).toBe('implicit-deny')
  })

  it('is a problem if it cannot be evaluated', () => {
    expect(decide({ ...allow, Condition: {} })).toEqual({ problem: expect.stringContaining('Condition') })
    expect(decide({ Effect: 'Allow', Action: '*' })).toEqual({ problem: expect.stringContaining('Resource') })
    expect(decide({ ...allow, Effect: 'allow' })).toEqual({ problem: expect.stringContaining('allow') })
    expect(evaluateInvokePolicy(undefined, ARN)).toEqual({ problem: expect.stringContaining('Statement') })
  })

  it('knows only * and ? as wildcards', () => {
    expect(wildcardPattern('a.c').test('abc')).toBe(false)
    expect(wildcardPattern('a?c').test('abc')).toBe(true)
    expect(wildcardPattern('a*').test('a/b\nc')).toBe(true)
    expect(wildcardPattern('a').test('ab')).toBe(false)
  })
})

describe('the lengths of frames', () => {
  const frame = (payload: Buffer): Buffer => {
    const { length } = payload
    const extended = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8)
    if (extended.length === 2) extended.writeUInt16BE(length)
    if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length))
    const marker = extended.length === 0 ? length : extended.length === 2 ? 126 : 127
    return Buffer.concat([Buffer.from([0x81, 0x80 | marker]), extended, Buffer.from([1, 2, 3, 4]), payload])
  }

  it('are found however the stream is split', () => {
    const lengths = fc.array(fc.oneof(fc.nat(200), fc.integer({ min: 65_530, max: 65_540 })), { maxLength: 6 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 70_000 }), fc.nat(65_540), (sizes, cut, limit) => {
        const stream = Buffer.concat(sizes.map((size) => frame(Buffer.alloc(size, 0xff))))
        const isTooLong = watchFrameLengths(limit)
        let found = false
        for (let offset = 0; offset < stream.length; offset += cut) {
          found = isTooLong(stream.subarray(offset, offset + cut)) || found
        }
        expect(found).toBe(sizes.some((size) => size > limit))
      }),
      { numRuns: 50 },
    )
  })
})
