import { describe, expect, it } from '@jest/globals'
import { signWebhook, deriveNamespaceSecret } from '../../../lambdas/domain/webhooks/sign-webhook.ts'
import { JobwireError } from '../../../sdk/src/api/errors.ts'
import { verifyWebhook, type WebhookErrorCode } from '../../../sdk/src/webhook.ts'

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const OTHER = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** Signed by the package `standardwebhooks` 1.0.0. The first comes from its tests. */
const VECTORS = [
  {
    secret: OTHER,
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    body: '{"test": 2432232314}',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  {
    secret: SECRET,
    id: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
    timestamp: '1649367553',
    body: '{"email":"test@example.com","username":"test_user"}',
    signature: 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
  },
  {
    secret: SECRET,
    id: 'msg_1',
    timestamp: '1790000000',
    body: '{"type":"job.success","timestamp":"2026-11-21T03:00:00.140Z","data":{"job":{"id":"a","text":"Zürich 😀"}}}',
    signature: 'v1,hVo8JGZfES7oxBi0GnoaJy2mizB/0+jeCj/4rS3IdoE=',
  },
]
const [VECTOR] = VECTORS as [(typeof VECTORS)[number]]
const now = () => Number(VECTOR.timestamp) * 1_000
const headersOf = ({ id, timestamp, signature }: Omit<typeof VECTOR, 'secret' | 'body'>) => ({
  'webhook-id': id,
  'webhook-timestamp': timestamp,
  'webhook-signature': signature,
})

async function codeOf(verifying: Promise<unknown>): Promise<WebhookErrorCode | 'taken'> {
  try {
    await verifying
    return 'taken'
  } catch (error) {
    if (!JobwireError.is(error)) throw error
    return error.code as WebhookErrorCode
  }
}

describe('a webhook as the specification signs it', () => {
  it.each(VECTORS)('gets the same signature from us: $id', async ({ secret, signature, ...signed }) => {
    expect(await signWebhook([secret], signed)).toBe(signature)
  })

  it.each(VECTORS)('is accepted, and its body is read: $id', async ({ secret, body, ...signed }) => {
    const options = { now: () => Number(signed.timestamp) * 1_000 }
    const expected = JSON.parse(body) as unknown
    expect(await verifyWebhook(body, headersOf(signed), secret, options)).toEqual(expected)
    const bytes = Buffer.concat([Buffer.from('before'), Buffer.from(body)]).subarray(6)
    const upperCase = Object.fromEntries(
      Object.entries(headersOf(signed)).map(([name, value]) => [name.toUpperCase(), [value]]),
    )
    expect(await verifyWebhook(bytes, upperCase, secret, options)).toEqual(expected)
    const { buffer } = new Uint8Array(bytes)
    expect(await verifyWebhook(buffer, new Headers(headersOf(signed)), secret.slice(6), options)).toEqual(expected)
  })

  it('is accepted by any of several signatures and secrets, as while a secret is changed', async () => {
    const { body, secret, ...signed } = VECTOR
    const both = await signWebhook([SECRET, secret], { ...signed, body })
    expect(both.split(' ')).toHaveLength(2)
    const headers = headersOf({ ...signed, signature: `v1a,zzzz v2,${'A'.repeat(44)} v1,short ${both}` })
    expect(await codeOf(verifyWebhook(body, headers, secret, { now }))).toBe('taken')
    expect(await codeOf(verifyWebhook(body, headersOf(signed), [SECRET, secret], { now }))).toBe('taken')
    expect(await codeOf(verifyWebhook(body, headersOf(signed), [SECRET], { now }))).toBe('WEBHOOK_SIGNATURE_WRONG')
  })
})

describe('a webhook that is not as it was sent', () => {
  const { body, secret } = VECTOR
  const headers = headersOf(VECTOR)

  it.each<[string, WebhookErrorCode, () => Promise<unknown>]>([
    ['another body', 'WEBHOOK_SIGNATURE_WRONG', () => verifyWebhook(`${body} `, headers, secret, { now })],
    [
      'another id',
      'WEBHOOK_SIGNATURE_WRONG',
      () => verifyWebhook(body, { ...headers, 'webhook-id': 'msg_2' }, secret, { now }),
    ],
    [
      'another time',
      'WEBHOOK_SIGNATURE_WRONG',
      () => verifyWebhook(body, { ...headers, 'webhook-timestamp': '1614265331' }, secret, { now }),
    ],
    ['no fitting secret', 'WEBHOOK_SIGNATURE_WRONG', () => verifyWebhook(body, headers, SECRET, { now })],
    [
      'a signature of another kind',
      'WEBHOOK_SIGNATURE_WRONG',
      () =>
        verifyWebhook(body, { ...headers, 'webhook-signature': VECTOR.signature.replace('v1,', 'v1a,') }, secret, {
          now,
        }),
    ],
    [
      'no signature',
      'WEBHOOK_HEADERS_INVALID',
      () => verifyWebhook(body, { ...headers, 'webhook-signature': '' }, secret, { now }),
    ],
    [
      'no id',
      'WEBHOOK_HEADERS_INVALID',
      () => verifyWebhook(body, { ...headers, 'webhook-id': undefined }, secret, { now }),
    ],
    ['no headers', 'WEBHOOK_HEADERS_INVALID', () => verifyWebhook(body, new Headers(), secret, { now })],
    [
      'a time that is none',
      'WEBHOOK_HEADERS_INVALID',
      () => verifyWebhook(body, { ...headers, 'webhook-timestamp': '1e9' }, secret, { now }),
    ],
    [
      'a parsed body',
      'WEBHOOK_BODY_INVALID',
      () => verifyWebhook(JSON.parse(body) as string, headers, secret, { now }),
    ],
    [
      'no secret',
      'WEBHOOK_SECRET_INVALID',
      () => verifyWebhook(body, headers, undefined as unknown as string, { now }),
    ],
    ['an empty secret', 'WEBHOOK_SECRET_INVALID', () => verifyWebhook(body, headers, 'whsec_', { now })],
    ['an invalid secret', 'WEBHOOK_SECRET_INVALID', () => verifyWebhook(body, headers, 'whsec_!', { now })],
    ['no secret in the list', 'WEBHOOK_SECRET_INVALID', () => verifyWebhook(body, headers, [], { now })],
  ])('is refused: %s', async (_what, code, verify) => {
    expect(await codeOf(verify())).toBe(code)
  })

  it('is refused more than five minutes after or before it was signed, or as the option says', async () => {
    const at = (offsetMs: number, options = {}) =>
      codeOf(verifyWebhook(body, headers, secret, { now: () => now() + offsetMs, ...options }))
    expect([await at(300_000), await at(-300_000)]).toEqual(['taken', 'taken'])
    expect([await at(300_001), await at(-300_001)]).toEqual(['WEBHOOK_TIME_WRONG', 'WEBHOOK_TIME_WRONG'])
    expect(await at(1_001, { toleranceMs: 1_000 })).toBe('WEBHOOK_TIME_WRONG')
    expect(await codeOf(verifyWebhook(body, headers, secret))).toBe('WEBHOOK_TIME_WRONG')
  })

  it('is refused if the signed body is not JSON', async () => {
    const signature = await signWebhook([secret], { ...VECTOR, body: 'hello' })
    const verifying = verifyWebhook('hello', { ...headers, 'webhook-signature': signature }, secret, { now })
    expect(await codeOf(verifying)).toBe('WEBHOOK_BODY_INVALID')
  })
})

describe('the secret of a namespace', () => {
  it('is derived from the secret of the deployment, and differs for each', async () => {
    const [ours, again, theirs, elsewhere] = [
      await deriveNamespaceSecret('deployment', 'acme'),
      await deriveNamespaceSecret('deployment', 'acme'),
      await deriveNamespaceSecret('deployment', 'acme2'),
      await deriveNamespaceSecret('another', 'acme'),
    ]
    expect(ours).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(again).toBe(ours)
    expect(new Set([ours, theirs, elsewhere]).size).toBe(3)
  })
})
