import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { SessionRegistry } from '../../domain/sessions/session-registry.ts'
import { TTL_ATTRIBUTE } from '../../tables.ts'
import type { ItemKey } from '../kit/item.ts'
import { itemKey } from '../kit/item.ts'

export interface RegistryTable {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
}

/** The sessions in the registry table, each with its present connection. */
export function createRegistryTable({ client, tableName, clock }: RegistryTable): SessionRegistry {
  return {
    async connect({ namespace, session, connectionId, connectedAt, expiresAt }) {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            ...sessionKey(namespace, session),
            connectionId: { S: connectionId },
            connectedAt: { N: String(connectedAt) },
            [TTL_ATTRIBUTE]: { N: String(Math.ceil(expiresAt / 1_000)) },
          },
        }),
      )
    },

    async disconnect({ namespace, session, connectionId }) {
      try {
        await client.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: sessionKey(namespace, session),
            ConditionExpression: 'connectionId = :connectionId',
            ExpressionAttributeValues: { ':connectionId': { S: connectionId } },
          }),
        )
      } catch (error) {
        // The session has come back on another connection, or its item is gone already.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },

    async connectionOf(namespace, session) {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: sessionKey(namespace, session), ConsistentRead: true }),
      )
      if (item === undefined || Number(item[TTL_ATTRIBUTE]?.N) * 1_000 <= clock.now()) return undefined
      return item['connectionId']?.S
    },
  }
}

function sessionKey(namespace: string, session: string): ItemKey {
  return itemKey(`${namespace}#session`, session)
}
