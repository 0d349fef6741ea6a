import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { createHash, createHmac } from 'node:crypto'
import { type Credentials, OWNER } from '../../cloud/client-settings.ts'
import { runS3Cloud } from './s3-cloud.ts'

const s3 = runS3Cloud()
let bucket: string

beforeAll(() => {
  bucket = s3.bucketName
})

/** Makes a Signature Version 4 in the query, as SDKs' presigners do, without another package. */
function presign(
  method: 'GET' | 'PUT',
  key: string,
  { accessKeyId, secretAccessKey, seconds = 60 }: Credentials & { seconds?: number },
): string {
  const url = new URL(`/${bucket}/${key}`, s3.cloud.endpoint)
  const date = new Date(s3.clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${date.slice(0, 8)}/${s3.cloud.region}/s3/aws4_request`
  const parameters = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': date,
    'X-Amz-Expires': String(seconds),
    'X-Amz-SignedHeaders': 'host',
  }
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  const canonical = [method, url.pathname, query.join('&'), `host:${url.host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const hash = createHash('sha256').update(canonical).digest('hex')
  const signingKey = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`)
  const signature = hmac(signingKey, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash}`).toString('hex')
  return `${url.href}?${query.join('&')}&X-Amz-Signature=${signature}`
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

async function codeOf(answer: Response): Promise<string | undefined> {
  return /<Code>(.*)<\/Code>/.exec(await answer.text())?.[1]
}

describe('a presigned URL', () => {
  it('puts and gets without a client', async () => {
    const put = await fetch(presign('PUT', 'by-url', OWNER), { method: 'PUT', body: 'hello' })
    expect(put.status).toBe(200)
    const got = await fetch(presign('GET', 'by-url', OWNER))
    expect(await got.text()).toBe('hello')
    const { Body } = await s3.client().send(new GetObjectCommand({ Bucket: bucket, Key: 'by-url' }))
    expect(await Body!.transformToString()).toBe('hello')
  })

  it('ends when its time is over, and begins no earlier than it was signed', async () => {
    await s3.client().send(new PutObjectCommand({ Bucket: bucket, Key: 'timed', Body: 'x' }))
    const url = presign('GET', 'timed', { ...OWNER, seconds: 60 })
    await s3.clock.advance(59_999)
    expect((await fetch(url)).status).toBe(200)
    await s3.clock.advance(1)
    const late = await fetch(url)
    expect(late.status).toBe(403)
    expect(await codeOf(late)).toBe('AccessDenied')
  })

  it('can do what the role of its signer can, and no more', async () => {
    const writer = await s3.credentialsOf('Writer')
    const put = (key: string) => fetch(presign('PUT', key, writer), { method: 'PUT', body: 'x' })
    expect((await put('allowed/by-url')).status).toBe(200)
    const refused = await put('other/by-url')
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'AccessDenied'])
  })

  it('is refused if its signature is not of its address, method, time or secret', async () => {
    await s3.client().send(new PutObjectCommand({ Bucket: bucket, Key: 'signed', Body: 'x' }))
    const url = presign('GET', 'signed', OWNER)
    expect((await fetch(url)).status).toBe(200)
    const wrong = [
      await fetch(url.replace('/signed', '/timed')),
      await fetch(url.replace('Expires=60', 'Expires=61')),
      await fetch(url.replace(/.$/, (last) => (last === '0' ? '1' : '0'))),
      await fetch(url, { method: 'DELETE' }),
      await fetch(presign('GET', 'signed', { ...OWNER, secretAccessKey: 'other' })),
      await fetch(presign('GET', 'allowed/x', { ...(await s3.credentialsOf('Writer')), secretAccessKey: 'other' })),
    ]
    const refused = await Promise.all(wrong.map(async (answer) => [answer.status, await codeOf(answer)]))
    expect(refused).toEqual(wrong.map(() => [403, 'SignatureDoesNotMatch']))
  })

  it('covers every header of S3 that comes with it', async () => {
    const headers = { 'x-amz-meta-added': 'by somebody else' }
    const answer = await fetch(presign('PUT', 'by-url', OWNER), { method: 'PUT', body: 'x', headers })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('<HeadersNotSigned>x-amz-meta-added</HeadersNotSigned>')
  })

  describe('of version 2, which boto3 makes by default', () => {
    const presignV2 = (method: string, key: string, seconds = 60, more = '') => {
      const expires = Math.floor(s3.clock.now() / 1_000) + seconds
      const meta = more === '' ? '' : `${more.replace('=', ':')}\n`
      const text = `${method}\n\n\n${expires}\n${meta}/${bucket}/${key}`
      const signature = createHmac('sha1', OWNER.secretAccessKey).update(text).digest('base64')
      const query = new URLSearchParams({
        AWSAccessKeyId: OWNER.accessKeyId,
        Signature: signature,
        Expires: `${expires}`,
      })
      return `${s3.cloud.endpoint}/${bucket}/${key}?${query.toString()}${more === '' ? '' : `&${more}`}`
    }

    it('puts and gets, with the metadata of its address', async () => {
      const body = Buffer.from('hello')
      const put = await fetch(presignV2('PUT', 'by-v2', 60, 'x-amz-meta-job=7'), { method: 'PUT', body })
      expect(put.status).toBe(200)
      const got = await fetch(presignV2('GET', 'by-v2'))
      expect([await got.text(), got.headers.get('x-amz-meta-job')]).toEqual(['hello', '7'])
    })

    it('is refused when its time is over, or for another object', async () => {
      const late = await fetch(presignV2('GET', 'by-v2', 0))
      expect([late.status, await codeOf(late)]).toEqual([403, 'AccessDenied'])
      const other = await fetch(presignV2('GET', 'by-v2').replace('by-v2', 'timed'))
      expect([other.status, await codeOf(other)]).toEqual([403, 'SignatureDoesNotMatch'])
    })
  })

  it.each([
    ['lives for more than a week', (url: string) => url.replace('Expires=60', 'Expires=604801')],
    ['has no date', (url: string) => url.replace(/X-Amz-Date=[^&]*&/, '')],
    ['has no signature', (url: string) => url.replace(/&X-Amz-Signature=.*/, '')],
  ])('that %s is refused', async (_, change) => {
    const answer = await fetch(change(presign('GET', 'timed', OWNER)))
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'AuthorizationQueryParametersError'])
  })
})
