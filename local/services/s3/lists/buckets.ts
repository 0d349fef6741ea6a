import type { AwsAnswer } from '../../../wire/call.ts'
import { bucketArn, type Bucket } from '../storage/bucket.ts'
import { readToken, writeToken } from './list-objects.ts'
import { invalidArgument } from '../wire/errors.ts'
import { element, optionalElement, xmlAnswer } from '../wire/xml.ts'

const MAX_BUCKETS = 10_000

export interface BucketListing {
  readonly buckets: Iterable<Bucket>
  readonly ownerId: string
  readonly region: string
}

export function listBuckets(query: URLSearchParams, { buckets, ownerId, region }: BucketListing): AwsAnswer {
  const limit = readMaxBuckets(query.get('max-buckets'))
  const prefix = query.get('prefix') ?? ''
  const token = query.get('continuation-token')
  const after = token === null ? '' : readToken(token)
  const isHere = (query.get('bucket-region') ?? region) === region
  const left = [...buckets]
    .filter(({ name }) => isHere && name.startsWith(prefix) && name > after)
    .sort((one, other) => (one.name < other.name ? -1 : 1))
  const page = left.slice(0, limit)
  const list = page.map(
    ({ name, createdAt }) =>
      `<Bucket>${element('Name', name)}${element('CreationDate', new Date(createdAt).toISOString())}` +
      `${element('BucketRegion', region)}${element('BucketArn', bucketArn(name))}</Bucket>`,
  )
  const next = left.length > page.length ? writeToken(page.at(-1)!.name) : undefined
  return xmlAnswer(
    'ListAllMyBucketsResult',
    `<Owner>${element('ID', ownerId)}</Owner><Buckets>${list.join('')}</Buckets>` +
      optionalElement('ContinuationToken', next) +
      optionalElement('Prefix', query.get('prefix')),
  )
}

/** S3's first region has no name here. */
export function bucketLocation(region: string): AwsAnswer {
  return xmlAnswer('LocationConstraint', region === 'us-east-1' ? '' : region)
}

export function headBucket(region: string): AwsAnswer {
  return { status: 200, headers: { 'x-amz-bucket-region': region, 'content-type': 'application/xml' }, body: '' }
}

function readMaxBuckets(given: string | null): number {
  const limit = Number(given ?? MAX_BUCKETS)
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_BUCKETS) return limit
  throw invalidArgument('max-buckets', given!, 'Argument max-buckets must be an integer between 1 and 10000')
}
