import {
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { runS3Cloud } from './s3-cloud.ts'

const DAY_MS = 86_400_000

const s3 = runS3Cloud()
let client: S3Client
let Bucket: string

beforeAll(() => {
  client = s3.client()
  Bucket = s3.bucketName
})

async function textOf(key: string, more: object = {}): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key, ...more }))
  return Body!.transformToString()
}

describe('an object', () => {
  it('comes back as it was put, under any key, with its headers and metadata', async () => {
    const Key = 'a b/ü+:%/&=~.json'
    const put = await client.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: '{"text":"Grüße"}',
        ContentType: 'application/json',
        Metadata: { job: '7' },
      }),
    )
    const got = await client.send(new GetObjectCommand({ Bucket, Key }))
    expect(await got.Body!.transformToString()).toBe('{"text":"Grüße"}')
    expect(got).toMatchObject({
      ETag: put.ETag,
      ContentType: 'application/json',
      ContentLength: 18,
      Metadata: { job: '7' },
      ServerSideEncryption: 'AES256',
      LastModified: new Date(s3.clock.now()),
    })
    expect(put.ETag).toMatch(/^"[0-9a-f]{32}"$/)
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
    expect(head).toMatchObject({ ETag: put.ETag, ContentLength: 18, Metadata: { job: '7' } })
  })

  it('may be empty', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: Buffer.alloc(0) }))
    expect(await textOf('empty')).toBe('')
  })

  it('may be streamed in chunks, whose checksum follows as a trailer', async () => {
    const chunks = [Buffer.from('abc'), Buffer.alloc(100_000, 'x'), Buffer.from('def')]
    const put = await client.send(
      new PutObjectCommand({ Bucket, Key: 'streamed', Body: Readable.from(chunks), ContentLength: 100_006 }),
    )
    expect(put.ChecksumCRC32).toMatch(/^.{6}==$/)
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'streamed' }))
    expect(got.ContentEncoding).toBeUndefined()
    expect(await got.Body!.transformToString()).toBe(Buffer.concat(chunks).toString())
  })

  it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)(
    'is checked by %s on both ways',
    async (ChecksumAlgorithm) => {
      const put = await client.send(
        new PutObjectCommand({ Bucket, Key: 'checked', Body: 'checked', ChecksumAlgorithm }),
      )
      const got = await client.send(new GetObjectCommand({ Bucket, Key: 'checked', ChecksumMode: 'ENABLED' }))
      expect(got[`Checksum${ChecksumAlgorithm}`]).toBe(put[`Checksum${ChecksumAlgorithm}`])
      expect(got[`Checksum${ChecksumAlgorithm}`]).toBeDefined()
      expect(await got.Body!.transformToString()).toBe('checked')
    },
  )

  it('that does not match its checksum is refused and not kept', async () => {
    const wrong = client.send(new PutObjectCommand({ Bucket, Key: 'wrong', Body: 'wrong', ChecksumCRC32: 'AAAAAA==' }))
    await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' })
    await expect(textOf('wrong')).rejects.toBeInstanceOf(NoSuchKey)
  })

  it('is read in part', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'part', Body: '0123456789' }))
    expect(await textOf('part', { Range: 'bytes=2-4' })).toBe('234')
    expect(await textOf('part', { Range: 'bytes=8-' })).toBe('89')
    expect(await textOf('part', { Range: 'bytes=-3' })).toBe('789')
    const beyond = textOf('part', { Range: 'bytes=10-' })
    await expect(beyond).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 416 } })
  })

  it('is replaced, unless the put is for a new key only', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'twice', Body: 'one' }))
    await client.send(new PutObjectCommand({ Bucket, Key: 'twice', Body: 'two' }))
    expect(await textOf('twice')).toBe('two')
    const conditional = client.send(new PutObjectCommand({ Bucket, Key: 'twice', Body: 'three', IfNoneMatch: '*' }))
    await expect(conditional).rejects.toMatchObject({ name: 'PreconditionFailed' })
    expect(await textOf('twice')).toBe('two')
  })

  it('is gone once deleted, and deleting it again is no error', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'short', Body: 'x' }))
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'short' }))
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'short' }))
    await expect(textOf('short')).rejects.toBeInstanceOf(NoSuchKey)
    const head = client.send(new HeadObjectCommand({ Bucket, Key: 'short' }))
    await expect(head).rejects.toBeInstanceOf(NotFound)
  })

  it('over our own limit is refused with a message that says so', async () => {
    const large = client.send(new PutObjectCommand({ Bucket, Key: 'large', Body: Buffer.alloc(64 * 1024 * 1024 + 1) }))
    await expect(large).rejects.toMatchObject({
      name: 'EntityTooLarge',
      message: expect.stringContaining("local cloud's own limit"),
    })
  })
})

describe('a bucket', () => {
  it('is listed by prefix in the order of its keys, page by page', async () => {
    for (const name of ['c', 'a', 'b', 'ä']) {
      await client.send(new PutObjectCommand({ Bucket, Key: `list/${name}`, Body: name }))
    }
    const first = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/', MaxKeys: 3 }))
    expect(first.Contents?.map(({ Key }) => Key)).toEqual(['list/a', 'list/b', 'list/c'])
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 3 })
    const second = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'list/', ContinuationToken: first.NextContinuationToken }),
    )
    expect(second.Contents).toMatchObject([{ Key: 'list/ä', Size: 2, StorageClass: 'STANDARD' }])
    expect(second.IsTruncated).toBe(false)
  })

  it('that the stack does not have is a typed error', async () => {
    const missing = client.send(new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'x' }))
    await expect(missing).rejects.toBeInstanceOf(NoSuchBucket)
    await expect(client.send(new HeadBucketCommand({ Bucket: 'no-such-bucket' }))).rejects.toBeInstanceOf(NotFound)
    await expect(client.send(new HeadBucketCommand({ Bucket }))).resolves.toBeDefined()
  })

  it('ends objects by its rule, at the midnight after, and no others', async () => {
    await s3.clock.advance(3_600_000)
    await client.send(new PutObjectCommand({ Bucket, Key: '2d/x', Body: 'x' }))
    await client.send(new PutObjectCommand({ Bucket, Key: '3d/x', Body: 'x' }))
    // It was put at one o'clock: two days later rounds up to the third day's midnight.
    await s3.clock.advance(3 * DAY_MS - 3_600_000 - 1)
    expect(await textOf('2d/x')).toBe('x')
    await s3.clock.advance(1)
    await expect(textOf('2d/x')).rejects.toBeInstanceOf(NoSuchKey)
    expect(await textOf('3d/x')).toBe('x')
  })
})

describe('a bucket in the name of the host', () => {
  const ask = (host: string, path: string, method = 'GET', body = '') =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const authorization = 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, Signature=x'
      const headers = { host, authorization, 'content-length': body.length }
      const request = httpRequest(s3.cloud.endpoint + path, { method, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() }))
      })
      request.on('error', reject)
      request.end(body)
    })

  it('is found, as SDKs write it for an endpoint called localhost', async () => {
    expect((await ask(`${Bucket}.localhost:${s3.cloud.port}`, '/hosted/x', 'PUT', 'hosted')).status).toBe(200)
    expect(await textOf('hosted/x')).toBe('hosted')
    expect((await ask(`${Bucket}.s3.localhost`, '/hosted/x')).text).toBe('hosted')
    const list = await ask(`${Bucket}.localhost`, '/?list-type=2&prefix=hosted/')
    expect(list.text).toContain('<Key>hosted/x</Key>')
    expect((await ask('other.localhost', `/${Bucket}/hosted/x`)).text).toBe('hosted')
  })
})

describe('a request that is not implemented', () => {
  it('is an error that names it, for the form of a page too', async () => {
    const answer = await fetch(`${s3.cloud.endpoint}/${Bucket}`, { method: 'POST', body: new FormData() })
    expect([answer.status, await answer.text()]).toEqual([501, expect.stringContaining('PostObject')])
  })

  it('is an error that names it', async () => {
    const acl = client.send(new GetObjectAclCommand({ Bucket, Key: 'x' }))
    await expect(acl).rejects.toMatchObject({ name: 'NotImplemented', message: expect.stringContaining('acl') })
    const tagged = client.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x', Tagging: 'a=b' }))
    await expect(tagged).rejects.toMatchObject({ message: expect.stringContaining('x-amz-tagging') })
    const encrypted = client.send(
      new PutObjectCommand({ Bucket, Key: 'x', Body: 'x', ServerSideEncryption: 'aws:kms' }),
    )
    await expect(encrypted).rejects.toMatchObject({ message: expect.stringContaining('aws:kms') })
  })
})

describe('permissions', () => {
  it('are by key, and a caller who may not list is not told that a key is missing', async () => {
    const writer = s3.client(await s3.credentialsOf('Writer'))
    const lister = s3.client(await s3.credentialsOf('Lister'))
    await writer.send(new PutObjectCommand({ Bucket, Key: 'allowed/x', Body: 'x' }))
    await expect(writer.send(new PutObjectCommand({ Bucket, Key: 'other/x', Body: 'x' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(/s3:PutObject on resource: arn:aws:s3:::payloads\/other\/x/),
      $metadata: { httpStatusCode: 403 },
    })
    const missing = new GetObjectCommand({ Bucket, Key: 'allowed/missing' })
    await expect(writer.send(missing)).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(lister.send(missing)).rejects.toBeInstanceOf(NoSuchKey)
    await expect(lister.send(new PutObjectCommand({ Bucket, Key: 'allowed/x', Body: 'y' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    })
  })

  it('are needed: an unsigned request is refused', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'private', Body: 'x' }))
    const answer = await fetch(`${s3.cloud.endpoint}/${Bucket}/private`)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('<Code>AccessDenied</Code>')
  })
})

it('bills puts and gets to their caller', async () => {
  const quantity = (unit: string) =>
    s3.cloud.meter.lines().find((line) => line.unit === unit && line.by === 'client')?.quantity ?? 0
  const [puts, gets] = [quantity('s3Put'), quantity('s3Get')]
  await client.send(new PutObjectCommand({ Bucket, Key: 'billed', Body: 'x' }))
  await textOf('billed')
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'billed' }))
  expect([quantity('s3Put') - puts, quantity('s3Get') - gets]).toEqual([1, 1])
})
