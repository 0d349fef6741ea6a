import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import { AwsError } from '../../wire/call.ts'
import type { MadeResource, ResolvedResource } from '../service.ts'
import type { EngineConnection } from './connection.ts'

/** Passed to the engine unchanged: CloudFormation and the API use the same names. */
const CREATED_WITH = ['AttributeDefinitions', 'KeySchema', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes']

const PROPERTIES = {
  implemented: [...CREATED_WITH, 'TableName', 'BillingMode', 'ProvisionedThroughput', 'TimeToLiveSpecification'],
  harmless: [
    'PointInTimeRecoverySpecification',
    'SSESpecification',
    'DeletionProtectionEnabled',
    'ContributorInsightsSpecification',
    'TableClass',
    'OnDemandThroughput',
    'WarmThroughput',
    // Nothing here reads a stream. The mapping from a stream to a function is a stand-in, and says so.
    'StreamSpecification',
  ],
}

interface KeyElement {
  readonly AttributeName: string
  readonly KeyType: string
}

interface TableShape {
  readonly KeySchema?: readonly KeyElement[]
  readonly GlobalSecondaryIndexes?: readonly IndexShape[]
  readonly LocalSecondaryIndexes?: readonly IndexShape[]
}

interface IndexShape {
  readonly IndexName: string
  readonly KeySchema: readonly KeyElement[]
  readonly OnDemandThroughput?: unknown
  readonly WarmThroughput?: unknown
  readonly ContributorInsightsSpecification?: unknown
}

/** Makes sure that the engine has a table of the template, and returns its name. An existing table keeps its items. */
export async function ensureTable(resource: ResolvedResource, engine: EngineConnection): Promise<string> {
  requireKnownProperties(resource, PROPERTIES)
  const { logicalId, properties } = resource
  const name = String(properties['TableName'] ?? logicalId)
  const existing = await describeTable(engine, name)
  if (existing === undefined) await engine.call('CreateTable', creationOf(properties, name))
  else if (shapeOf(existing) !== shapeOf(properties)) {
    throw new AssemblyError(
      `${logicalId} (AWS::DynamoDB::Table): the data kept from an earlier start has the table ${name} with other keys ` +
        `or indexes. Start with another data directory, or delete this one.`,
    )
  }
  await ensureTimeToLive(engine, name, properties['TimeToLiveSpecification'])
  return name
}

/**
 * Changes a table in place: its indexes, and the attribute of its time to live. Returns undefined if its keys or its
 * local indexes differ, which cannot change.
 */
export async function updateTable(
  resource: ResolvedResource,
  { created: { ref } }: MadeResource,
  engine: EngineConnection,
): Promise<string | undefined> {
  const existing = await describeTable(engine, ref)
  if (existing === undefined || keysOf(existing) !== keysOf(resource.properties)) return undefined
  await updateIndexes(ref, { existing, resource, engine })
  return await ensureTable(resource, engine)
}

export async function removeTable(name: string, engine: EngineConnection): Promise<void> {
  await engine.call('DeleteTable', { TableName: name })
}

/** AWS takes one change of an index in a call. */
async function updateIndexes(
  name: string,
  change: { readonly existing: TableShape; readonly resource: ResolvedResource; readonly engine: EngineConnection },
): Promise<void> {
  const { existing, resource, engine } = change
  const properties = creationOf(resource.properties, name)
  const wanted = (properties['GlobalSecondaryIndexes'] ?? []) as readonly IndexShape[]
  const present = existing.GlobalSecondaryIndexes ?? []
  const update = (changes: object): Promise<unknown> =>
    engine.call('UpdateTable', {
      TableName: name,
      AttributeDefinitions: properties['AttributeDefinitions'],
      GlobalSecondaryIndexUpdates: [changes],
    })
  for (const index of present) {
    if (!hasIndex(wanted, index)) await update({ Delete: { IndexName: index.IndexName } })
  }
  for (const index of wanted) if (!hasIndex(present, index)) await update({ Create: index })
}

function hasIndex(indexes: readonly IndexShape[], wanted: IndexShape): boolean {
  const shape = (index: IndexShape): string => shapeOf({ GlobalSecondaryIndexes: [index] })
  return indexes.some((index) => shape(index) === shape(wanted))
}

/** The keys of a table and of its local indexes, which nothing can change. */
function keysOf({ KeySchema, LocalSecondaryIndexes }: TableShape): string {
  return shapeOf({ ...(KeySchema && { KeySchema }), ...(LocalSecondaryIndexes && { LocalSecondaryIndexes }) })
}

async function describeTable(engine: EngineConnection, name: string): Promise<TableShape | undefined> {
  try {
    return (await engine.call('DescribeTable', { TableName: name }))['Table'] as TableShape
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined
    throw error
  }
}

function creationOf(properties: ResolvedResource['properties'], name: string): Record<string, unknown> {
  const request: Record<string, unknown> = { TableName: name, BillingMode: 'PAY_PER_REQUEST' }
  for (const property of CREATED_WITH) {
    if (properties[property] !== undefined) request[property] = properties[property]
  }
  // Provisioned capacity would throttle, and nothing here does, so every table is on demand.
  if (request['GlobalSecondaryIndexes'] !== undefined) {
    request['GlobalSecondaryIndexes'] = (request['GlobalSecondaryIndexes'] as Record<string, unknown>[]).map(
      ({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }),
    )
  }
  return request
}

/** Brings keys and indexes into one form that can be compared. */
function shapeOf({
  KeySchema: keys,
  GlobalSecondaryIndexes: global,
  LocalSecondaryIndexes: local,
}: TableShape): string {
  const keyShape = (schema: readonly KeyElement[] = []): string =>
    schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ')
  const indexShape = (indexes: readonly IndexShape[] = []): string[] =>
    indexes.map(({ IndexName, KeySchema }) => `${IndexName}: ${keyShape(KeySchema)}`).sort()
  return JSON.stringify([keyShape(keys), indexShape(global), indexShape(local)])
}

interface TimeToLive {
  readonly AttributeName?: string
  readonly Enabled?: boolean
}

async function ensureTimeToLive(engine: EngineConnection, name: string, wanted: unknown): Promise<void> {
  const { AttributeName: attribute, Enabled: enabled } = (wanted ?? {}) as TimeToLive
  if (enabled !== true) return
  const { TimeToLiveDescription: present } = await engine.call('DescribeTimeToLive', { TableName: name })
  if ((present as TimeToLive | undefined)?.AttributeName === attribute) return
  const specification = { AttributeName: attribute, Enabled: true }
  await engine.call('UpdateTimeToLive', { TableName: name, TimeToLiveSpecification: specification })
}
