import { expect } from '@jest/globals'
import { type CallTable, fails, refused, succeeds, works } from '../calls.ts'

const FILE = 'test/local/command-line/aws_calls.py'
const ETAG = expect.stringMatching(/^"[0-9a-f]{32}"$/)
const STALE = '"00000000000000000000000000000000"'

export const s3api: CallTable = {
  service: 's3api',
  calls: [
    works('list-buckets', { Buckets: [{ Name: 'files', CreationDate: expect.any(String) }] }),
    succeeds('head-bucket --bucket $bucket'),
    works('get-bucket-location --bucket $bucket', { LocationConstraint: null }),
    works(`put-object --bucket $bucket --key api/one --body ${FILE}`, { ETag: ETAG }, { etag: 'ETag' }),
    fails(`put-object --bucket $bucket --key api/one --body ${FILE} --if-match '${STALE}'`, 'PreconditionFailed'),
    fails(`put-object --bucket $bucket --key api/one --body ${FILE} --if-none-match *`, 'PreconditionFailed'),
    fails(`put-object --bucket $bucket --key api/one --body ${FILE} --content-md5 x`, 'InvalidDigest'),
    works(`get-object --bucket $bucket --key api/one --range bytes=0-8 /dev/null`, { ContentLength: 9 }),
    fails(`get-object --bucket $bucket --key api/one --if-none-match $etag /dev/null`, '304'),
    fails('get-object --bucket $bucket --key missing /dev/null', 'NoSuchKey'),
    works('head-object --bucket $bucket --key api/one', { ETag: ETAG, ServerSideEncryption: 'AES256' }),
    works('get-object-tagging --bucket $bucket --key api/one', { TagSet: [] }),
    works('copy-object --bucket $bucket --key api/two --copy-source $bucket/api/one', {
      CopyObjectResult: { ETag: ETAG },
    }),
    works('list-objects-v2 --bucket $bucket --prefix api/', { Contents: [{ Key: 'api/one' }, { Key: 'api/two' }] }),
    works('list-objects --bucket $bucket --delimiter /', { CommonPrefixes: [{ Prefix: 'api/' }] }),
    works('create-multipart-upload --bucket $bucket --key api/parts', { Key: 'api/parts' }, { upload: 'UploadId' }),
    works(
      `upload-part --bucket $bucket --key api/parts --upload-id $upload --part-number 1 --body ${FILE}`,
      { ETag: ETAG },
      { part: 'ETag' },
    ),
    works('list-parts --bucket $bucket --key api/parts --upload-id $upload', {
      Parts: [{ PartNumber: 1, ETag: ETAG }],
    }),
    works('list-multipart-uploads --bucket $bucket', { Uploads: [{ Key: 'api/parts' }] }),
    works(
      'complete-multipart-upload --bucket $bucket --key api/parts --upload-id $upload ' +
        '--multipart-upload Parts=[{PartNumber=1,ETag=$part}]',
      { ETag: expect.stringMatching(/-1"$/) },
    ),
    works('create-multipart-upload --bucket $bucket --key api/parts', { Key: 'api/parts' }, { upload: 'UploadId' }),
    works('abort-multipart-upload --bucket $bucket --key api/parts --upload-id $upload'),
    works('delete-objects --bucket $bucket --delete Objects=[{Key=api/two},{Key=api/parts}]', {
      Deleted: expect.arrayContaining([{ Key: 'api/two' }]),
    }),
    fails(`delete-object --bucket $bucket --key api/one --if-match '${STALE}'`, 'PreconditionFailed'),
    works('delete-object --bucket $bucket --key api/one'),
    refused('get-object-acl --bucket $bucket --key api/one', 'GetObjectAcl'),
    refused('put-object-tagging --bucket $bucket --key api/one --tagging TagSet=[]', 'PutObjectTagging'),
    refused('get-bucket-versioning --bucket $bucket', 'GetBucketVersioning'),
    refused('get-bucket-policy --bucket $bucket', 'GetBucketPolicy'),
    refused('list-object-versions --bucket $bucket', 'ListObjectVersions'),
  ],
}
