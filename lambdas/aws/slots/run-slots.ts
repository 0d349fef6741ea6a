import type { AttributeValue, DynamoDBClient, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { Log } from '../../domain/kit/log.ts'
import { errorFields } from '../../domain/kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { RunLimit, RunSlots } from '../../domain/slots/run-slots.ts'
import { TTL_ATTRIBUTE } from '../../tables.ts'
import type { ItemKey } from '../kit/item.ts'
import { itemKey } from '../kit/item.ts'

export interface SlotsTable {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
  readonly log: Log
}

const TRIES = 4
/** The slots of ended leases that one call takes over: an expression has a longest length, and these fit. */
const MAX_ENDED_PER_CALL = 30
const NAME_BYTES = 9
/** The table's TTL deletes the item of a run limit that nobody uses, long after the last slot is free. */
const KEPT_FOR_SECONDS = 86_400

/** The slots of a run limit that are taken: the name of each, and when it is free again (epoch ms). */
type Holders = ReadonlyMap<string, number>

/**
 * Slots in the registry table: one item for each run limit, with a map of the slots taken. A call changes only the
 * entries of its own slots, so that workers do not get in each other's way until the limit is reached.
 */
export function createRunSlots(table: SlotsTable): RunSlots {
  return {
    async take(runLimit, count, until) {
      const names = Array.from({ length: Math.min(count, runLimit.limit) }, newSlotName)
      let wanted = names
      let ended: Holders = new Map()
      for (let attempt = 0; attempt < TRIES && wanted.length > 0; attempt++) {
        const refused = await claimSlots(table, runLimit, { names: wanted, until, ended })
        if (refused === undefined) return wanted
        if (refused.holders === undefined) {
          if (await createSlotsItem(table, runLimit, { names: wanted, until })) return wanted
          continue
        }
        const { holders } = refused
        // The client sends again if an answer is lost: then our own slots leave no room.
        const ours = wanted.filter((name) => holders.has(name))
        if (ours.length > 0) return ours
        const now = table.clock.now()
        const past = [...holders].filter(([, end]) => end <= now)
        wanted = names.slice(0, Math.max(0, runLimit.limit - (holders.size - past.length)))
        ended = new Map(past.slice(0, MAX_ENDED_PER_CALL))
      }
      return []
    },

    async release(runLimit, slots) {
      if (slots.length === 0) return
      try {
        await updateSlots(table, runLimit, {
          UpdateExpression: `REMOVE ${slotPaths('#s', slots).join(', ')}`,
          ConditionExpression: 'attribute_exists(holders)',
          ExpressionAttributeNames: namePlaceholders('#s', slots),
        })
      } catch (error) {
        table.log('warn', 'Slots could not be given back; they are free again when their lease is over.', {
          ...limitFields(runLimit),
          slots: slots.length,
          ...errorFields(error),
        })
      }
    },
  }
}

interface SlotClaim {
  readonly names: readonly string[]
  readonly until: number
}

/** Returns undefined if it worked; else the slots that are taken, if the limit was ever used. */
function claimSlots(
  table: SlotsTable,
  runLimit: RunLimit,
  { names, until, ended }: SlotClaim & { readonly ended: Holders },
): Promise<{ holders?: Holders } | undefined> {
  const gone = [...ended.keys()]
  const removal = gone.length === 0 ? '' : ` REMOVE ${slotPaths('#e', gone).join(', ')}`
  const asSeen = slotPaths('#e', gone).map((path, index) => ` AND ${path} = :e${index}`)
  return updateSlots(table, runLimit, {
    UpdateExpression:
      `SET ${slotPaths('#s', names)
        .map((path) => `${path} = :until`)
        .join(', ')}, #ttl = :ttl` + removal,
    ConditionExpression: `attribute_exists(holders) AND size(holders) <= :room${asSeen.join('')}`,
    ExpressionAttributeNames: {
      '#ttl': TTL_ATTRIBUTE,
      ...namePlaceholders('#s', names),
      ...namePlaceholders('#e', gone),
    },
    ExpressionAttributeValues: {
      ...timeValues(until),
      ':room': { N: String(runLimit.limit - names.length + gone.length) },
      ...Object.fromEntries([...ended.values()].map((end, index) => [`:e${index}`, { N: String(end) }])),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
}

/** Creates the item of a run limit with its first slots. Returns false if another worker was faster. */
async function createSlotsItem(table: SlotsTable, runLimit: RunLimit, { names, until }: SlotClaim): Promise<boolean> {
  const held = Object.fromEntries(names.map((name) => [name, { N: String(until) }]))
  const { ':until': _, ...ttl } = timeValues(until)
  const refused = await updateSlots(table, runLimit, {
    UpdateExpression: 'SET holders = :holders, #ttl = :ttl',
    ConditionExpression: 'attribute_not_exists(holders)',
    ExpressionAttributeNames: { '#ttl': TTL_ATTRIBUTE },
    ExpressionAttributeValues: { ...ttl, ':holders': { M: held } },
  })
  return refused === undefined
}

/** Returns undefined if the condition held; else the slots that are taken, as the failed check returns them. */
async function updateSlots(
  { client, tableName }: SlotsTable,
  runLimit: RunLimit,
  input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
): Promise<{ holders?: Holders } | undefined> {
  try {
    await client.send(new UpdateItemCommand({ TableName: tableName, Key: slotKey(runLimit), ...input }))
    return undefined
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    const entries = error.Item?.['holders']?.M
    if (entries === undefined) return {}
    return { holders: new Map(Object.entries(entries).map(([name, end]) => [name, Number(end.N)])) }
  }
}

/** No namespace contains a `#`. The key of a group begins with its task, so that no two limits share an item. */
function slotKey({ namespace, task, group }: RunLimit): ItemKey {
  return group === undefined ? itemKey(`${namespace}#slots`, task) : itemKey(`${namespace}#slots#${task}`, group)
}

function timeValues(until: number): Record<':until' | ':ttl', AttributeValue> {
  return { ':until': { N: String(until) }, ':ttl': { N: String(Math.ceil(until / 1_000) + KEPT_FOR_SECONDS) } }
}

function slotPaths(prefix: '#s' | '#e', names: readonly string[]): string[] {
  return names.map((_, index) => `holders.${prefix}${index}`)
}

function namePlaceholders(prefix: '#s' | '#e', names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [`${prefix}${index}`, name]))
}

/** Returns a name that is short, because DynamoDB bills by the size of the item, and never the same twice. */
function newSlotName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(NAME_BYTES))).toString('base64url')
}

function limitFields({ namespace, task, group }: RunLimit): Record<string, string> {
  return { namespace, task, ...(group === undefined ? {} : { group }) }
}
