import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { findDynoxide } from '../../../local/services/dynamodb/dynoxide-binary.ts'
import { startDynoxide } from '../../../local/services/dynamodb/dynoxide-process.ts'
import { clientSettings, onCommand } from './client-settings.ts'
import { PK_AND_SK } from './hand-made-assembly.ts'

export interface DynamoEngine {
  /** Tries three times, as the SDK does by default. */
  readonly client: DynamoDBClient
  /** Makes a table with the keys `pk` and `sk`. */
  createTable(name: string, more?: Partial<CreateTableCommandInput>): Promise<void>
  close(): Promise<void>
}

/** Starts the engine of DynamoDB alone, without a cloud around it. `report` gets the name of every command. */
export async function startDynamo(report: (commandName: string) => void = () => undefined): Promise<DynamoEngine> {
  const engine = await startDynoxide({ binary: findDynoxide(), log: () => undefined })
  const client = new DynamoDBClient({ ...clientSettings(engine.endpoint), maxAttempts: 3 })
  onCommand(client, report)
  return {
    client,
    async createTable(name, more = {}) {
      const input = { TableName: name, BillingMode: 'PAY_PER_REQUEST', ...PK_AND_SK, ...more } as const
      await client.send(new CreateTableCommand(input))
    },
    async close() {
      client.destroy()
      await engine.close()
    },
  }
}
