import { join } from 'node:path'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import { countOf } from '../count-of.ts'
import { allowsService, deniesPlainHttp } from '../resource-policy.ts'
import type { CreatedResource, LocalService, MadeResource, ResolvedResource } from '../service.ts'
import { Bucket, bucketArn } from './storage/bucket.ts'
import { type Lifecycle, readLifecycle } from './storage/lifecycle.ts'
import { inFolder, inMemory } from './storage/object-files.ts'
import { createS3Api, type S3ApiDeps } from './s3-api.ts'

/** Bucket names have 3 to 63 lower-case letters, digits, dots and hyphens. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/**
 * S3: buckets of the template, with lifecycle rules. Objects are in memory, or in the context's data directory if it
 * has one.
 *
 * @example
 * const s3 = createS3(context, iam)
 * const { ref: bucketName } = await s3.resources['AWS::S3::Bucket']!(resource)
 */
export function createS3(
  context: CloudContext,
  { mayCall, secretOf }: Pick<S3ApiDeps, 'mayCall' | 'secretOf'>,
): LocalService {
  const buckets = new Map<string, Bucket>()

  const createBucket = (resource: ResolvedResource): CreatedResource => {
    const { name, ...lifecycle } = readBucketResource(resource)
    if (buckets.has(name)) throw new AssemblyError(`${resource.logicalId}: another bucket is already named ${name}.`)
    const files = context.dataDir === undefined ? inMemory() : inFolder(join(context.dataDir, 'buckets', name))
    buckets.set(name, new Bucket({ name, ...lifecycle, files, clock: context.clock }))
    return describeCreated(name, context)
  }

  const updateBucket = (
    resource: ResolvedResource,
    { created: { ref } }: MadeResource,
  ): CreatedResource | undefined => {
    const { name, ...lifecycle } = readBucketResource(resource)
    const bucket = buckets.get(name)
    if (bucket === undefined || name !== ref) return undefined
    bucket.configure(lifecycle)
    return describeCreated(name, context)
  }

  const removeBucket = ({ created: { ref } }: MadeResource): void => {
    const bucket = buckets.get(ref)
    buckets.delete(ref)
    for (const { key } of bucket?.list('', '') ?? []) bucket!.delete(key)
    bucket?.close()
  }

  return {
    name: 's3',
    resources: {
      'AWS::S3::Bucket': createBucket,
      'AWS::S3::BucketPolicy': createBucketPolicy,
      // Empties a bucket when its stack is deleted, which never happens here.
      'Custom::S3AutoDeleteObjects': ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
    },
    changes: {
      'AWS::S3::Bucket': {
        update: updateBucket,
        remove: removeBucket,
        holds: ({ created: { ref } }) => countOf(buckets.get(ref)?.list('', '').length, 'object'),
      },
    },
    api: createS3Api(context, {
      bucketNamed: (name) => buckets.get(name),
      allBuckets: () => buckets.values(),
      mayCall,
      secretOf,
    }),
    close() {
      for (const bucket of buckets.values()) bucket.close()
      return Promise.resolve()
    },
  }
}

function describeCreated(name: string, { region }: CloudContext): CreatedResource {
  return {
    ref: name,
    attributes: {
      Arn: bucketArn(name),
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      WebsiteURL: `http://${name}.s3-website-${region}.amazonaws.com`,
    },
  }
}

/**
 * Every bucket is encrypted, private and owned by its account: by default on AWS, and always here. Calls for versions,
 * locks and websites are refused by name. Nobody here listens to notifications.
 */
const HARMLESS = [
  'AccelerateConfiguration',
  'AccessControl',
  'AnalyticsConfigurations',
  'BucketEncryption',
  'CorsConfiguration',
  'IntelligentTieringConfigurations',
  'InventoryConfigurations',
  'LoggingConfiguration',
  'MetricsConfigurations',
  'NotificationConfiguration',
  'ObjectLockConfiguration',
  'ObjectLockEnabled',
  'OwnershipControls',
  'PublicAccessBlockConfiguration',
  'ReplicationConfiguration',
  'VersioningConfiguration',
  'WebsiteConfiguration',
]

function readBucketResource(resource: ResolvedResource): Pick<Bucket, 'name'> & Lifecycle {
  requireKnownProperties(resource, {
    implemented: ['BucketName', 'LifecycleConfiguration'],
    harmless: HARMLESS,
  })
  const { logicalId, properties } = resource
  // The logical id takes the place of a random name, so that it stays the same after a restart.
  const name = String(properties['BucketName'] ?? logicalId.toLowerCase().slice(0, 63))
  if (!BUCKET_NAME.test(name)) {
    throw new AssemblyError(`${logicalId}: a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens.`)
  }
  return { name, ...readLifecycle(properties['LifecycleConfiguration'], logicalId) }
}

const EMPTYING = ['s3:DeleteObject*', 's3:GetBucket*', 's3:List*', 's3:PutBucketPolicy']

/** Accepts the policies that CDK's `enforceSSL` and `autoDeleteObjects` make, and refuses others as SQS does. */
function createBucketPolicy(resource: ResolvedResource): CreatedResource {
  requireKnownProperties(resource, { implemented: ['PolicyDocument', 'Bucket'] })
  const document = resource.properties['PolicyDocument'] as { Statement?: unknown } | undefined
  for (const statement of [document?.Statement ?? []].flat()) {
    if (deniesPlainHttp(statement) || allowsService(statement) || emptiesAtTheEnd(statement)) continue
    throw new AssemblyError(
      `${resource.logicalId} (${resource.type}): the local cloud knows bucket policies only as enforceSSL and ` +
        `autoDeleteObjects make them. Grant access by the roles of the callers instead.`,
    )
  }
  return { ref: resource.logicalId, attributes: {} }
}

/** The provider of `autoDeleteObjects` acts when a stack is deleted. Nothing calls it here. */
function emptiesAtTheEnd(statement: unknown): boolean {
  const { Effect, Action } = statement as { Effect?: unknown; Action?: unknown }
  const actions = [Action].flat().map(String).sort()
  return Effect === 'Allow' && actions.join() === EMPTYING.join()
}
