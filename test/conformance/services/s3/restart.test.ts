import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, expect, it } from '@jest/globals'
import { S3Cloud } from './s3-cloud.ts'

const DAY_MS = 86_400_000

const s3 = new S3Cloud()
afterAll(async () => {
  await s3.stop()
  s3.remove()
})

it('keeps objects across a restart if there is a data directory, and ends those whose time came meanwhile', async () => {
  await s3.start({ keepData: true })
  const Bucket = s3.cloud.outputs['BucketName']!
  const put = (Key: string) =>
    s3.client().send(new PutObjectCommand({ Bucket, Key, Body: `of ${Key}`, ContentType: 'text/plain' }))
  await put('lasting/ü')
  await put('2d/short')
  await s3.stop()
  await s3.clock.advance(3 * DAY_MS)
  await s3.start({ keepData: true })

  const got = await s3.client().send(new GetObjectCommand({ Bucket, Key: 'lasting/ü' }))
  expect(await got.Body!.transformToString()).toBe('of lasting/ü')
  expect(got).toMatchObject({ ContentType: 'text/plain', ContentLength: 13 })
  const gone = s3.client().send(new GetObjectCommand({ Bucket, Key: '2d/short' }))
  await expect(gone).rejects.toBeInstanceOf(NoSuchKey)
  const { Contents } = await s3.client().send(new ListObjectsV2Command({ Bucket }))
  expect(Contents?.map(({ Key }) => Key)).toEqual(['lasting/ü'])
})
