import type { AwsRequestHead } from '../../../wire/call.ts'

const BUCKET_HOST = /^([a-z0-9][a-z0-9.-]{1,61}?[a-z0-9])\.(?:s3\.)?localhost(?::\d+)?$/

/**
 * Returns the path of a request with its bucket in front. SDKs put the bucket into the name of the host if the endpoint
 * is `localhost` and not an IP address: `files.localhost:4566/key`.
 */
export function pathWithBucket(
  { path, headers }: Pick<AwsRequestHead, 'path' | 'headers'>,
  isBucket: (name: string) => boolean,
): string {
  const bucket = BUCKET_HOST.exec(headers.host ?? '')?.[1]
  return bucket !== undefined && isBucket(bucket) ? `/${bucket}${path}` : path
}
