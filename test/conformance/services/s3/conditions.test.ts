import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { runS3Cloud } from './s3-cloud.ts'

const STALE = '"00000000000000000000000000000000"'
const PRECONDITION_FAILED = { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } }

const s3 = runS3Cloud()
let client: S3Client
let Bucket: string
let etag: string
const Key = 'object'

beforeAll(() => {
  client = s3.client()
  Bucket = s3.bucketName
})
beforeEach(async () => {
  const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'first' }))
  etag = ETag!
})

const put = (conditions: object, key = Key) =>
  client.send(new PutObjectCommand({ Bucket, Key: key, Body: 'second', ...conditions }))
const get = (conditions: object) => client.send(new GetObjectCommand({ Bucket, Key, ...conditions }))

async function content(): Promise<string> {
  return (await get({})).Body!.transformToString()
}

describe('a put', () => {
  it('with If-Match replaces only the object that the caller knows', async () => {
    await expect(put({ IfMatch: STALE })).rejects.toMatchObject(PRECONDITION_FAILED)
    expect(await content()).toBe('first')
    await expect(put({ IfMatch: etag })).resolves.toBeDefined()
    expect(await content()).toBe('second')
    await expect(put({ IfMatch: etag }, 'missing')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('with If-None-Match takes * only, as S3 does', async () => {
    await expect(put({ IfNoneMatch: '*' })).rejects.toMatchObject(PRECONDITION_FAILED)
    await expect(put({ IfNoneMatch: etag })).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('use * to write only if the key does not exist'),
    })
    expect(await content()).toBe('first')
    await expect(put({ IfNoneMatch: '*' }, 'new')).resolves.toBeDefined()
  })
})

describe('a delete with If-Match', () => {
  const remove = (conditions: object, key = Key) =>
    client.send(new DeleteObjectCommand({ Bucket, Key: key, ...conditions }))

  it('deletes only the object that the caller knows', async () => {
    await expect(remove({ IfMatch: STALE })).rejects.toMatchObject(PRECONDITION_FAILED)
    expect(await content()).toBe('first')
    await expect(remove({ IfMatch: etag })).resolves.toBeDefined()
    await expect(content()).rejects.toMatchObject({ name: 'NoSuchKey' })
    await expect(remove({ IfMatch: '*' }, 'missing')).rejects.toMatchObject(PRECONDITION_FAILED)
  })
})

describe('a read', () => {
  const NOT_MODIFIED = { $metadata: { httpStatusCode: 304 } }
  const at = (seconds: number) => new Date(s3.clock.now() + seconds * 1_000)

  it('with tags gives the object, 304 or 412', async () => {
    await expect(get({ IfMatch: STALE })).rejects.toMatchObject(PRECONDITION_FAILED)
    await expect(get({ IfMatch: etag })).resolves.toMatchObject({ ETag: etag })
    await expect(get({ IfNoneMatch: etag })).rejects.toMatchObject(NOT_MODIFIED)
    await expect(get({ IfNoneMatch: etag.replaceAll('"', '') })).rejects.toMatchObject(NOT_MODIFIED)
    await expect(get({ IfNoneMatch: STALE })).resolves.toMatchObject({ ETag: etag })
    const head = client.send(new HeadObjectCommand({ Bucket, Key, IfNoneMatch: etag }))
    await expect(head).rejects.toMatchObject(NOT_MODIFIED)
  })

  it('with dates gives the object, 304 or 412', async () => {
    await s3.clock.advance(60_000)
    await expect(get({ IfModifiedSince: at(-30) })).rejects.toMatchObject(NOT_MODIFIED)
    await expect(get({ IfModifiedSince: at(-90) })).resolves.toBeDefined()
    // In the future: ignored.
    await expect(get({ IfModifiedSince: at(30) })).resolves.toBeDefined()
    await expect(get({ IfUnmodifiedSince: at(-90) })).rejects.toMatchObject(PRECONDITION_FAILED)
    await expect(get({ IfUnmodifiedSince: at(-30) })).resolves.toBeDefined()
  })

  it('with both goes by the tag', async () => {
    await s3.clock.advance(60_000)
    await expect(get({ IfMatch: etag, IfUnmodifiedSince: at(-90) })).resolves.toBeDefined()
    await expect(get({ IfNoneMatch: STALE, IfModifiedSince: at(-30) })).resolves.toBeDefined()
    await expect(get({ IfNoneMatch: etag, IfModifiedSince: at(-90) })).rejects.toMatchObject(NOT_MODIFIED)
  })

  it('that is answered with 304 has the tag and the date', async () => {
    const request = new GetObjectCommand({ Bucket, Key, IfNoneMatch: etag })
    const { $response } = await client.send(request).catch((error: unknown) => error as any)
    expect($response.headers).toMatchObject({ etag, 'last-modified': expect.stringContaining('GMT') })
  })
})

describe('a copy', () => {
  const copy = (conditions: object) =>
    client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}`, ...conditions }))

  it('goes by the conditions on its source', async () => {
    await expect(copy({ CopySourceIfMatch: STALE })).rejects.toMatchObject(PRECONDITION_FAILED)
    await expect(copy({ CopySourceIfNoneMatch: etag })).rejects.toMatchObject(PRECONDITION_FAILED)
    await expect(copy({ CopySourceIfMatch: etag })).resolves.toMatchObject({ CopyObjectResult: { ETag: etag } })
    await expect(copy({ IfNoneMatch: '*' })).rejects.toMatchObject(PRECONDITION_FAILED)
  })
})

describe('a digest', () => {
  const md5 = createHash('md5').update('second').digest('base64')

  it('that is malformed has another code than one that is wrong', async () => {
    await expect(put({ ContentMD5: md5 })).resolves.toBeDefined()
    await expect(put({ ContentMD5: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidDigest' })
    await expect(put({ ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' })
    await expect(put({ ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' })
    await expect(put({ ChecksumCRC32: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidRequest' })
    await expect(put({ ChecksumAlgorithm: 'CRC64NVME' })).resolves.toMatchObject({
      ChecksumCRC64NVME: expect.any(String),
    })
  })
})

it("names an answer's ids as S3 does, also in the body of an error", async () => {
  const { $metadata } = await put({})
  expect($metadata.requestId).toMatch(/^[0-9A-F]{16}$/)
  expect($metadata.extendedRequestId).toMatch(/^.{76}$/)
  const answer = await fetch(`${s3.cloud.endpoint}/${Bucket}/${Key}`)
  expect(answer.headers.get('x-amzn-requestid')).toBeNull()
  expect(await answer.text()).toContain(`<RequestId>${answer.headers.get('x-amz-request-id')}</RequestId>`)
})
