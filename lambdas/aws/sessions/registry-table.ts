import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { SessionRegistry } from '../../domain/sessions/session-registry.ts'

export interface RegistryTable {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly clock: Clock
}

/** The registry table as the domain sees it: for each session its present connection. */
export function createRegistryTable({ client, tableName, clock }: RegistryTable): SessionRegistry {
  return {
    async connect({ namespace, session, connectionId, connectedAt, expiresAt }) {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            ...keyOf(namespace, session),
            connectionId: { S: connectionId },
            connectedAt: { N: String(connectedAt) },
            ttl: { N: String(Math.ceil(expiresAt / 1_000)) },
          },
        }),
      )
    },

    async disconnect({ namespace, session, connectionId }) {
      try {
        await client.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: keyOf(namespace, session),
            ConditionExpression: 'connectionId = :connectionId',
            ExpressionAttributeValues: { ':connectionId': { S: connectionId } },
          }),
        )
      } catch (error) {
        // The session has come back on another connection, or was forgotten already.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },

    async connectionOf(namespace, session) {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: keyOf(namespace, session), ConsistentRead: true }),
      )
      if (item === undefined || Number(item['ttl']?.N) * 1_000 <= clock.now()) return undefined
      return item['connectionId']?.S
    },
  }
}

function keyOf(namespace: string, session: string): Record<'pk' | 'sk', AttributeValue> {
  return { pk: { S: `${namespace}#session` }, sk: { S: session } }
}
