import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { runS3Cloud } from './s3-cloud.ts'

const MB = 1024 * 1024
const PART = Buffer.alloc(5 * MB, 'p')

const s3 = runS3Cloud()
let client: S3Client
let Bucket: string

beforeAll(() => {
  client = s3.client()
  Bucket = s3.bucketName
})

const create = async (Key: string, more: object = {}) => ({
  Bucket,
  Key,
  UploadId: (await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId!,
})
type Upload = Awaited<ReturnType<typeof create>>
const upload = (to: Upload, PartNumber: number, Body: Buffer | string, more: object = {}) =>
  client.send(new UploadPartCommand({ ...to, PartNumber, Body, ...more }))
const complete = (to: Upload, Parts: object[]) =>
  client.send(new CompleteMultipartUploadCommand({ ...to, MultipartUpload: { Parts } }))
const bytesOf = async (Key: string) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
  return Buffer.from(await Body!.transformToByteArray())
}

describe('an upload in parts', () => {
  it('makes one object of its parts, in the order of their numbers', async () => {
    const to = await create('big', { ContentType: 'text/plain', Metadata: { job: '7' } })
    const second = await upload(to, 7, 'the end')
    const first = await upload(to, 2, PART)
    const { Parts } = await client.send(new ListPartsCommand(to))
    expect(Parts).toMatchObject([
      { PartNumber: 2, Size: PART.length, ETag: first.ETag },
      { PartNumber: 7, Size: 7, ETag: second.ETag },
    ])
    const done = await complete(to, [
      { PartNumber: 2, ETag: first.ETag },
      { PartNumber: 7, ETag: second.ETag },
    ])
    const digests = [PART, 'the end'].map((body) => createHash('md5').update(body).digest())
    expect(done.ETag).toBe(`"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2"`)
    // `toEqual` takes half a minute for so many bytes.
    expect((await bytesOf('big')).equals(Buffer.concat([PART, Buffer.from('the end')]))).toBe(true)
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'big' }))
    expect(head).toMatchObject({ ETag: done.ETag, ContentType: 'text/plain', Metadata: { job: '7' } })
    await expect(client.send(new ListPartsCommand(to))).rejects.toMatchObject({ name: 'NoSuchUpload' })
  })

  it('has a checksum of the checksums of its parts if the caller chose one', async () => {
    const to = await create('checked', { ChecksumAlgorithm: 'SHA256' })
    const part = await upload(to, 1, 'only', { ChecksumAlgorithm: 'SHA256' })
    const wrong = [{ PartNumber: 1, ETag: part.ETag, ChecksumSHA256: createHash('sha256').digest('base64') }]
    await expect(complete(to, wrong)).rejects.toMatchObject({ name: 'InvalidPart' })
    const done = await complete(to, [{ PartNumber: 1, ETag: part.ETag, ChecksumSHA256: part.ChecksumSHA256 }])
    const whole = createHash('sha256').update(Buffer.from(part.ChecksumSHA256!, 'base64')).digest('base64')
    expect(done).toMatchObject({ ChecksumSHA256: `${whole}-1`, ChecksumType: 'COMPOSITE' })
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'checked', ChecksumMode: 'ENABLED' }))
    expect(head).toMatchObject({ ChecksumSHA256: `${whole}-1`, ChecksumType: 'COMPOSITE' })
    expect((await bytesOf('checked')).toString()).toBe('only')
  })

  it('takes parts of other objects', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'source', Body: '0123456789' }))
    const to = await create('copied in parts')
    const range = { CopySource: `${Bucket}/source`, CopySourceRange: 'bytes=2-4' }
    const { CopyPartResult } = await client.send(new UploadPartCopyCommand({ ...to, PartNumber: 1, ...range }))
    const beyond = { CopySource: `${Bucket}/source`, CopySourceRange: 'bytes=2-10' }
    await expect(client.send(new UploadPartCopyCommand({ ...to, PartNumber: 2, ...beyond }))).rejects.toMatchObject({
      name: 'InvalidArgument',
    })
    await complete(to, [{ PartNumber: 1, ETag: CopyPartResult!.ETag }])
    expect((await bytesOf('copied in parts')).toString()).toBe('234')
  })

  it('that is aborted leaves nothing', async () => {
    const to = await create('aborted')
    const part = await upload(to, 1, 'x')
    await client.send(new AbortMultipartUploadCommand(to))
    const lost = { name: 'NoSuchUpload', $metadata: { httpStatusCode: 404 } }
    await expect(complete(to, [{ PartNumber: 1, ETag: part.ETag }])).rejects.toMatchObject(lost)
    await expect(upload(to, 2, 'x')).rejects.toMatchObject(lost)
    await expect(bytesOf('aborted')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('is listed until it ends', async () => {
    const uploads = [await create('list/b'), await create('list/a'), await create('list/a')]
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'list/', MaxUploads: 2 }))
    expect(page).toMatchObject({ IsTruncated: true, Uploads: [{ Key: 'list/a' }, { Key: 'list/a' }] })
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
    const markers = { KeyMarker, UploadIdMarker }
    const next = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'list/', ...markers }))
    expect(next).toMatchObject({ IsTruncated: false, Uploads: [{ Key: 'list/b', UploadId: uploads[0]!.UploadId }] })
    for (const to of uploads) await client.send(new AbortMultipartUploadCommand(to))
  })

  it.each([
    ['has parts in the wrong order', [2, 1], 'InvalidPartOrder'],
    ['has a small part before the last', [1, 2], 'EntityTooSmall'],
    ['names a part that was not uploaded', [3], 'InvalidPart'],
    ['names no part', [], 'MalformedXML'],
  ])('that %s is refused', async (_, numbers, name) => {
    const to = await create('refused')
    for (const number of [1, 2]) await upload(to, number, 'small')
    const ETag = `"${createHash('md5').update('small').digest('hex')}"`
    const parts = numbers.map((PartNumber) => ({ PartNumber, ETag }))
    await expect(complete(to, parts)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } })
  })

  it('completes on the condition of its object', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'there', Body: 'first' }))
    const to = await create('there')
    const { ETag } = await upload(to, 1, 'second')
    const parts = { MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }
    const stale = client.send(new CompleteMultipartUploadCommand({ ...to, ...parts, IfNoneMatch: '*' }))
    await expect(stale).rejects.toMatchObject({ name: 'PreconditionFailed' })
    expect((await bytesOf('there')).toString()).toBe('first')
  })

  it('needs permission', async () => {
    const writer = s3.client(await s3.credentialsOf('Writer'))
    const to = await create('allowed/parts')
    await writer.send(new UploadPartCommand({ ...to, PartNumber: 1, Body: 'x' }))
    const denied = (action: string) => ({ name: 'AccessDenied', message: expect.stringContaining(action) })
    await expect(writer.send(new ListPartsCommand(to))).rejects.toMatchObject(denied('s3:ListMultipartUploadParts'))
    await expect(writer.send(new AbortMultipartUploadCommand(to))).rejects.toMatchObject(
      denied('s3:AbortMultipartUpload'),
    )
    const other = { Bucket, Key: 'allowed/copy', CopySource: `${Bucket}/other/secret` }
    await expect(writer.send(new CopyObjectCommand(other))).rejects.toMatchObject(denied('s3:GetObject'))
  })
})

describe('a copy', () => {
  it('keeps the headers, or takes new ones', async () => {
    const Key = 'a b/ü+.txt'
    await client.send(
      new PutObjectCommand({ Bucket, Key, Body: 'text', ContentType: 'text/plain', Metadata: { a: '1' } }),
    )
    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`
    const { CopyObjectResult } = await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
    const copy = await client.send(new GetObjectCommand({ Bucket, Key: 'copy' }))
    expect(copy).toMatchObject({ ETag: CopyObjectResult!.ETag, ContentType: 'text/plain', Metadata: { a: '1' } })
    expect(await copy.Body!.transformToString()).toBe('text')
    const replace = { MetadataDirective: 'REPLACE' as const, ContentType: 'text/css', Metadata: { b: '2' } }
    await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource, ...replace }))
    const replaced = await client.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))
    expect(replaced).toMatchObject({ ContentType: 'text/css', Metadata: { b: '2' } })
  })

  it('of nothing, or of an object onto itself, is refused', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'self', Body: 'x' }))
    const copy = (CopySource: string) => client.send(new CopyObjectCommand({ Bucket, Key: 'self', CopySource }))
    await expect(copy(`${Bucket}/self`)).rejects.toMatchObject({ name: 'InvalidRequest' })
    await expect(copy(`${Bucket}/missing`)).rejects.toMatchObject({ name: 'NoSuchKey' })
    await expect(copy('no-such-bucket/x')).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await expect(copy(Bucket)).rejects.toMatchObject({ name: 'InvalidArgument' })
  })
})

describe('deleting many', () => {
  const keys = ['many/<1>', 'many/2', 'many/3']
  const put = async () => {
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
  }
  const left = async () =>
    (await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'many/' }))).Contents?.map(({ Key }) => Key)
  const remove = (Objects: { Key: string; ETag?: string }[], more: object = {}, by = client) =>
    by.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, ...more } }))

  it('says what became of each key', async () => {
    await put()
    const objects = [{ Key: keys[0]! }, { Key: keys[1]!, ETag: '"stale"' }, { Key: 'many/missing' }]
    expect(await remove(objects)).toMatchObject({
      Deleted: [{ Key: keys[0] }, { Key: 'many/missing' }],
      Errors: [{ Key: keys[1], Code: 'PreconditionFailed' }],
    })
    expect(await left()).toEqual(keys.slice(1))
    const quiet = await remove([{ Key: keys[2]! }], { Quiet: true })
    expect([quiet.Deleted, quiet.Errors, await left()]).toEqual([undefined, undefined, [keys[1]]])
  })

  it('checks the permission for each key', async () => {
    await put()
    const lister = s3.client(await s3.credentialsOf('Lister'))
    expect(await remove([{ Key: keys[1]! }], {}, lister)).toMatchObject({
      Errors: [{ Key: keys[1], Code: 'AccessDenied' }],
    })
    expect(await left()).toContain(keys[1])
  })

  it('takes from 1 to 1,000 keys', async () => {
    const many = Array.from({ length: 1_001 }, (_, index) => ({ Key: `many/${index}` }))
    await expect(remove(many)).rejects.toMatchObject({ name: 'MalformedXML' })
    await expect(remove([])).rejects.toMatchObject({ name: 'MalformedXML' })
    expect((await remove(many.slice(1))).Deleted).toHaveLength(1_000)
  })
})
