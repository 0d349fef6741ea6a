import type { AttributeValue, DynamoDBClient, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { Log } from '../../domain/kit/log.ts'
import { errorFields } from '../../domain/kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { RunSlots, SlotPool } from '../../domain/slots/run-slots.ts'

export interface SlotsTable {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
  readonly log: Log
}

const TRIES = 4
/** Slots whose holders are gone that one call takes over: what an expression may be long has room for these. */
const MAX_ENDED_PER_CALL = 30
const NAME_BYTES = 9
/** The item of a pool that nobody uses goes by the table's TTL, long after the last slot is free. */
const KEPT_FOR_SECONDS = 86_400

/** Who holds slots of a pool: the name of each, and when it is free again (epoch ms). */
type Holders = ReadonlyMap<string, number>

/**
 * Slots in the registry table: one item a pool, with a map of slots taken. Taking and giving back change entries of
 * their own only, so that workers do not get in each other's way until the pool is full.
 */
export function createRunSlots(table: SlotsTable): RunSlots {
  return {
    async take(pool, count, until) {
      const names = Array.from({ length: Math.min(count, pool.limit) }, newName)
      let wanted = names
      let ended: Holders = new Map()
      for (let attempt = 0; attempt < TRIES && wanted.length > 0; attempt++) {
        const refused = await claim(table, pool, { names: wanted, until, ended })
        if (refused === undefined) return wanted
        if (refused.holders === undefined) {
          if (await makePool(table, pool, { names: wanted, until })) return wanted
          continue
        }
        const { holders } = refused
        // The client sends again where an answer is lost: then it is our own slots that leave no room.
        const ours = wanted.filter((name) => holders.has(name))
        if (ours.length > 0) return ours
        const now = table.clock.now()
        const past = [...holders].filter(([, end]) => end <= now)
        wanted = names.slice(0, Math.max(0, pool.limit - (holders.size - past.length)))
        ended = new Map(past.slice(0, MAX_ENDED_PER_CALL))
      }
      return []
    },

    async release(pool, slots) {
      if (slots.length === 0) return
      try {
        await update(table, pool, {
          UpdateExpression: `REMOVE ${paths('#s', slots).join(', ')}`,
          ConditionExpression: 'attribute_exists(holders)',
          ExpressionAttributeNames: namesOf('#s', slots),
        })
      } catch (error) {
        table.log('warn', 'Slots could not be given back; they are free again when their time is over.', {
          ...poolFields(pool),
          slots: slots.length,
          ...errorFields(error),
        })
      }
    },
  }
}

interface Claim {
  readonly names: readonly string[]
  readonly until: number
}

/** Undefined where it worked; else who holds slots now, if the pool was ever used. */
function claim(
  table: SlotsTable,
  pool: SlotPool,
  { names, until, ended }: Claim & { readonly ended: Holders },
): Promise<{ holders?: Holders } | undefined> {
  const gone = [...ended.keys()]
  const removal = gone.length === 0 ? '' : ` REMOVE ${paths('#e', gone).join(', ')}`
  const asSeen = paths('#e', gone).map((path, index) => ` AND ${path} = :e${index}`)
  return update(table, pool, {
    UpdateExpression:
      `SET ${paths('#s', names)
        .map((path) => `${path} = :until`)
        .join(', ')}, #ttl = :ttl` + removal,
    ConditionExpression: `attribute_exists(holders) AND size(holders) <= :room${asSeen.join('')}`,
    ExpressionAttributeNames: { '#ttl': 'ttl', ...namesOf('#s', names), ...namesOf('#e', gone) },
    ExpressionAttributeValues: {
      ...timesOf(until),
      ':room': { N: String(pool.limit - names.length + gone.length) },
      ...Object.fromEntries([...ended.values()].map((end, index) => [`:e${index}`, { N: String(end) }])),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
}

/** Makes the item of a pool with its first slots. False where another worker was faster. */
async function makePool(table: SlotsTable, pool: SlotPool, { names, until }: Claim): Promise<boolean> {
  const held = Object.fromEntries(names.map((name) => [name, { N: String(until) }]))
  const { ':until': _, ...ttl } = timesOf(until)
  const refused = await update(table, pool, {
    UpdateExpression: 'SET holders = :holders, #ttl = :ttl',
    ConditionExpression: 'attribute_not_exists(holders)',
    ExpressionAttributeNames: { '#ttl': 'ttl' },
    ExpressionAttributeValues: { ...ttl, ':holders': { M: held } },
  })
  return refused === undefined
}

/** Undefined where the condition held; else what the failed check has told of the pool. */
async function update(
  { client, tableName }: SlotsTable,
  pool: SlotPool,
  input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
): Promise<{ holders?: Holders } | undefined> {
  try {
    await client.send(new UpdateItemCommand({ TableName: tableName, Key: keyOf(pool), ...input }))
    return undefined
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    const entries = error.Item?.['holders']?.M
    if (entries === undefined) return {}
    return { holders: new Map(Object.entries(entries).map(([name, end]) => [name, Number(end.N)])) }
  }
}

/** No namespace has a `#`. A group's key has the task in front of it, so that no two pools share an item. */
function keyOf({ namespace, task, group }: SlotPool): Record<'pk' | 'sk', AttributeValue> {
  if (group === undefined) return { pk: { S: `${namespace}#slots` }, sk: { S: task } }
  return { pk: { S: `${namespace}#slots#${task}` }, sk: { S: group } }
}

function timesOf(until: number): Record<':until' | ':ttl', AttributeValue> {
  return { ':until': { N: String(until) }, ':ttl': { N: String(Math.ceil(until / 1_000) + KEPT_FOR_SECONDS) } }
}

function paths(prefix: '#s' | '#e', names: readonly string[]): string[] {
  return names.map((_, index) => `holders.${prefix}${index}`)
}

function namesOf(prefix: '#s' | '#e', names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [`${prefix}${index}`, name]))
}

/** Short, for DynamoDB bills by the size of the item, and never the same twice. */
function newName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(NAME_BYTES))).toString('base64url')
}

function poolFields({ namespace, task, group }: SlotPool): Record<string, string> {
  return { namespace, task, ...(group === undefined ? {} : { group }) }
}
