import {
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { runS3Cloud } from './s3-cloud.ts'

const s3 = runS3Cloud()
let client: S3Client
let Bucket: string

const KEYS = ['a/1', 'a/2', 'b b/é+.txt', 'top', 'z/1']

beforeAll(async () => {
  client = s3.client()
  Bucket = s3.bucketName
  for (const Key of KEYS) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
})

const list = (more: object = {}) => client.send(new ListObjectsV2Command({ Bucket, ...more }))
const listV1 = (more: object = {}) => client.send(new ListObjectsCommand({ Bucket, ...more }))
type Page = Pick<ListObjectsV2CommandOutput, 'Contents' | 'CommonPrefixes'>
const keysOf = ({ Contents = [] }: Page) => Contents.map(({ Key }) => Key)
const prefixesOf = ({ CommonPrefixes = [] }: Page) => CommonPrefixes.map(({ Prefix }) => Prefix)

describe('a list with a delimiter', () => {
  it('puts keys below it into common prefixes', async () => {
    const page = await list({ Delimiter: '/' })
    expect([keysOf(page), prefixesOf(page)]).toEqual([['top'], ['a/', 'b b/', 'z/']])
    expect(page).toMatchObject({ KeyCount: 4, Delimiter: '/', Prefix: '', IsTruncated: false })
    const below = await list({ Delimiter: '/', Prefix: 'a/' })
    expect([keysOf(below), prefixesOf(below)]).toEqual([['a/1', 'a/2'], []])
  })

  it('goes on behind a common prefix, in both versions', async () => {
    const pages: unknown[] = []
    let token: string | undefined
    do {
      const page = await list({ Delimiter: '/', MaxKeys: 1, ContinuationToken: token })
      pages.push(...keysOf(page), ...prefixesOf(page))
      token = page.NextContinuationToken
    } while (token !== undefined)
    expect(pages).toEqual(['a/', 'b b/', 'top', 'z/'])

    const first = await listV1({ Delimiter: '/', MaxKeys: 2 })
    expect(first).toMatchObject({ IsTruncated: true, NextMarker: 'b b/' })
    const second = await listV1({ Delimiter: '/', Marker: first.NextMarker })
    expect([keysOf(second), prefixesOf(second)]).toEqual([['top'], ['z/']])
  })
})

describe('a list', () => {
  it('has every field of the second version', async () => {
    const page = await list({ StartAfter: 'a/1', MaxKeys: 2, FetchOwner: true, EncodingType: 'url' })
    expect(page).toMatchObject({
      Name: Bucket,
      StartAfter: 'a/1',
      KeyCount: 2,
      MaxKeys: 2,
      IsTruncated: true,
      EncodingType: 'url',
      Contents: [
        {
          Key: 'a/2',
          ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
          StorageClass: 'STANDARD',
          Owner: { ID: expect.stringMatching(/^[0-9a-f]{64}$/) },
          ChecksumAlgorithm: ['CRC32'],
          ChecksumType: 'FULL_OBJECT',
        },
        // The slash stays as it is.
        { Key: 'b+b/%C3%A9%2B.txt' },
      ],
    })
    const next = await list({ ContinuationToken: page.NextContinuationToken })
    expect(next).toMatchObject({ ContinuationToken: page.NextContinuationToken, KeyCount: 2 })
    expect(keysOf(next)).toEqual(['top', 'z/1'])
    expect((await list()).Contents![0]!.Owner).toBeUndefined()
  })

  it('has every field of the first version', async () => {
    const page = await listV1({ Marker: 'a/1', MaxKeys: 1 })
    expect(page).toMatchObject({
      Name: Bucket,
      Prefix: '',
      Marker: 'a/1',
      MaxKeys: 1,
      IsTruncated: true,
      Contents: [{ Key: 'a/2', StorageClass: 'STANDARD', Owner: { ID: expect.any(String) } }],
    })
    expect(page.NextMarker).toBeUndefined()
  })

  it('with no room has no keys and is not truncated', async () => {
    expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false, MaxKeys: 0 })
  })

  it.each([
    ['a continuation token of nobody', { ContinuationToken: 'nonsense' }],
    ['an empty continuation token', { ContinuationToken: '' }],
    ['another encoding', { EncodingType: 'base64' }],
    ['a negative number of keys', { MaxKeys: -1 }],
  ])('refuses %s', async (_, input) => {
    await expect(list(input)).rejects.toMatchObject({ name: 'InvalidArgument', $metadata: { httpStatusCode: 400 } })
  })
})

describe('buckets', () => {
  it('are listed with their date, and each knows its region', async () => {
    const { Buckets, Owner } = await client.send(new ListBucketsCommand({}))
    expect(Buckets).toMatchObject([{ Name: Bucket, CreationDate: new Date(s3.clock.now()) }])
    expect(Owner?.ID).toMatch(/^[0-9a-f]{64}$/)
    const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }))
    expect(LocationConstraint).toBeUndefined()
    const { BucketRegion } = await client.send(new HeadBucketCommand({ Bucket }))
    expect(BucketRegion).toBe('us-east-1')
  })

  it('are shown to roles that may list them only', async () => {
    const lister = s3.client(await s3.credentialsOf('Lister'))
    await expect(lister.send(new ListBucketsCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('s3:ListAllMyBuckets'),
    })
    await expect(lister.send(new ListObjectsCommand({ Bucket }))).resolves.toBeDefined()
    const writer = s3.client(await s3.credentialsOf('Writer'))
    await expect(writer.send(new ListObjectsCommand({ Bucket }))).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})
