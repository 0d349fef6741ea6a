import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import type { DeliveryAttempt, WebhookDelivery } from '../../../protocol/webhooks/webhook.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobKey } from '../../domain/job/stored-job.ts'
import { inParallel } from '../../domain/kit/in-parallel.ts'
import type {
  DeliveryErasure,
  DeliveryKey,
  DeliveryLog,
  DeliveryPages,
  LoggedDelivery,
} from '../../domain/webhooks/delivery-log.ts'
import { PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from '../../tables.ts'
import type { Item, ItemKey } from '../kit/item.ts'
import { itemKey } from '../kit/item.ts'

export interface DeliveryTable {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
}

/** Counted from the latest attempt. A duplicate message that comes later is delivered once more. */
const KEPT_MS = 30 * 86_400_000
const MOST_LISTED = 100
const MOST_ERASED = 100
const DELETES_AT_ONCE = 16

/** The log of deliveries in the registry table: one item for each webhook, and one partition for each job. */
export function createDeliveryLog({
  client,
  tableName,
  clock,
}: DeliveryTable): DeliveryLog & DeliveryPages & DeliveryErasure {
  const isAlive = (item: Item): boolean => Number(item[TTL_ATTRIBUTE]?.N) * 1_000 > clock.now()
  return {
    async read(key) {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: deliveryKey(key), ConsistentRead: true }),
      )
      return item && isAlive(item) ? readDelivery(item) : undefined
    },

    async write(key, delivery, before) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...deliveryKey(key), ...deliveryAttributes(delivery, clock.now()) },
            ConditionExpression: 'attribute_not_exists(attemptsMade) OR attemptsMade = :before OR #ttl <= :now',
            ExpressionAttributeNames: { '#ttl': TTL_ATTRIBUTE },
            ExpressionAttributeValues: {
              ':before': { N: String(before?.attemptsMade ?? 0) },
              ':now': { N: String(Math.floor(clock.now() / 1_000)) },
            },
          }),
        )
        return true
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },

    async list(key) {
      const { Items: items = [] } = await client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: `${PARTITION_KEY} = :pk`,
          ExpressionAttributeValues: { ':pk': { S: deliveryPartition(key) } },
          ScanIndexForward: false,
          Limit: MOST_LISTED,
          ConsistentRead: true,
        }),
      )
      return items.filter(isAlive).map((item): WebhookDelivery => {
        const { itemId: _itemId, attemptsMade: _attemptsMade, ...delivery } = readDelivery(item)
        return delivery
      })
    },

    erase: (life) => eraseDeliveries({ client, tableName }, life),
  }
}

async function eraseDeliveries(
  { client, tableName }: Pick<DeliveryTable, 'client' | 'tableName'>,
  life: JobKey & Pick<DeliveryKey, 'createdAt'>,
): Promise<void> {
  const { Items: items = [] } = await client.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: `${PARTITION_KEY} = :pk AND ${SORT_KEY} < :end`,
      ExpressionAttributeValues: {
        ':pk': { S: deliveryPartition(life) },
        ':end': { S: paddedNumber(life.createdAt + 1) },
      },
      Limit: MOST_ERASED,
      ConsistentRead: true,
    }),
  )
  const ended = items.filter((item) => readDelivery(item).state !== 'retrying')
  await inParallel(ended, DELETES_AT_ONCE, async ({ [PARTITION_KEY]: pk, [SORT_KEY]: sk }) =>
    client.send(new DeleteItemCommand({ TableName: tableName, Key: { [PARTITION_KEY]: pk!, [SORT_KEY]: sk! } })),
  )
}

function deliveryPartition({ namespace, id }: JobKey): string {
  return `${namespace}#deliveries#${id}`
}

/** Sorted by life and version of the job. */
function deliveryKey(key: DeliveryKey): ItemKey {
  const sortKey = [key.createdAt, key.version].map(paddedNumber).join('#')
  return itemKey(deliveryPartition(key), sortKey)
}

/** Sorts as text like the numbers sort. */
function paddedNumber(value: number): string {
  return String(value).padStart(15, '0')
}

function deliveryAttributes(delivery: LoggedDelivery, now: number): Item {
  const { webhookId, type, version, url, state, nextAttemptAt, attempts, itemId, attemptsMade } = delivery
  return {
    webhookId: { S: webhookId },
    type: { S: type },
    version: { N: String(version) },
    url: { S: url },
    state: { S: state },
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: { N: String(nextAttemptAt) } }),
    attempts: { S: JSON.stringify(attempts) },
    itemId: { S: itemId },
    attemptsMade: { N: String(attemptsMade) },
    [TTL_ATTRIBUTE]: { N: String(Math.ceil((now + KEPT_MS) / 1_000)) },
  }
}

function readDelivery(item: Item): LoggedDelivery {
  const { webhookId, type, version, url, state, nextAttemptAt, itemId } = item
  const attempts = JSON.parse(item['attempts']!.S!) as DeliveryAttempt[]
  return {
    webhookId: webhookId!.S!,
    type: type!.S as LoggedDelivery['type'],
    version: Number(version!.N),
    url: url!.S!,
    state: state!.S as LoggedDelivery['state'],
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: Number(nextAttemptAt.N) }),
    attempts,
    itemId: itemId!.S!,
    // Items of earlier versions have no such number.
    attemptsMade: Number(item['attemptsMade']?.N ?? attempts.length),
  }
}
