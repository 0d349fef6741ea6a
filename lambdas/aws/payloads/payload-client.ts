import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { CALL_LIMITS } from '../kit/call-limits.ts'

export interface PayloadClient {
  put(key: string, json: string): Promise<void>
  get(key: string): Promise<string | undefined>
  remove(key: string): Promise<void>
}

/** The AWS client of the payload bucket: in a module of its own, so that it is loaded only if it is needed. */
export function openPayloadClient(bucketName: string, forcePathStyle: boolean): PayloadClient {
  const client = new S3Client({ ...CALL_LIMITS, forcePathStyle })
  return {
    async put(key, json) {
      await client.send(
        new PutObjectCommand({ Bucket: bucketName, Key: key, Body: json, ContentType: 'application/json' }),
      )
    },
    async get(key) {
      try {
        const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucketName, Key: key }))
        return await body?.transformToString()
      } catch (error) {
        // S3 says that a key is missing only to a role that may list the bucket; others are denied.
        if (error instanceof NoSuchKey) return undefined
        throw error
      }
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucketName, Key: key }))
    },
  }
}
