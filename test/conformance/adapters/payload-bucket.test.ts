import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { createPayloadBucket } from '../../../lambdas/aws/payloads/payload-bucket.ts'
import type { PayloadStore } from '../../../lambdas/domain/payloads/payload-store.ts'
import { type Credentials, OWNER } from '../cloud/client-settings.ts'
import { runS3Cloud } from '../services/s3/s3-cloud.ts'

const KEY = 'allowed/ns=acme/id=../hash'
const s3 = runS3Cloud()
let owner: S3Client
let bucketName: string

beforeAll(() => {
  owner = s3.client()
  bucketName = s3.bucketName
})

/** Opens the bucket as a function does: with the address and the credentials in its environment. */
async function open({ accessKeyId, secretAccessKey }: Credentials): Promise<PayloadStore> {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: s3.cloud.endpoint,
    AWS_REGION: s3.cloud.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  })
  const bucket = createPayloadBucket({ bucketName, endpointUrl: s3.cloud.endpoint, clock: s3.clock })
  // The credentials are read with the first call.
  await bucket.get('allowed/nothing').catch(() => undefined)
  return bucket
}

async function putsBilled(action: () => Promise<void>): Promise<number> {
  const billed = () => s3.cloud.meter.lines().find(({ unit, by }) => unit === 's3Put' && by === 'client')?.quantity ?? 0
  const before = billed()
  await action()
  return billed() - before
}

describe('the payload bucket', () => {
  it('keeps any JSON under any key', async () => {
    const bucket = await open(OWNER)
    const value = { text: 'Grüße 🌍\n', list: [1.5, null, true] }
    await bucket.put(KEY, JSON.stringify(value))
    expect(await bucket.get(KEY)).toEqual(value)
    const { Contents } = await owner.send(new ListObjectsV2Command({ Bucket: bucketName }))
    expect(Contents?.map(({ Key }) => Key)).toEqual([KEY])
  })

  it('puts a payload of a record and its message once, and again after a while', async () => {
    const bucket = await open(OWNER)
    const put = () => bucket.put('shared', '"x"')
    expect(await putsBilled(put)).toBe(1)
    expect(await putsBilled(put)).toBe(0)
    await s3.clock.advance(60_000)
    expect(await putsBilled(put)).toBe(1)
  })

  it('removes a payload, and puts it again afterwards', async () => {
    const bucket = await open(OWNER)
    await bucket.put('removed', '"x"')
    await bucket.remove('removed')
    expect(await bucket.get('removed')).toBeUndefined()
    await bucket.remove('removed')
    await bucket.put('removed', '"x"')
    expect(await bucket.get('removed')).toBe('x')
    await bucket.remove('removed')
  })

  it('tells a missing object from a denied one', async () => {
    const bucket = await open(await s3.credentialsOf('Lister'))
    await owner.send(new DeleteObjectCommand({ Bucket: bucketName, Key: KEY }))
    expect(await bucket.get(KEY)).toBeUndefined()
    await expect(bucket.get('other/x')).rejects.toMatchObject({ name: 'AccessDenied' })
    const writer = await open(await s3.credentialsOf('Writer'))
    await expect(writer.get(KEY)).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})
