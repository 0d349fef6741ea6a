import { expect } from '@jest/globals'
import { type CallTable, works } from '../calls.ts'

export const dynamodb: CallTable = {
  service: 'dynamodb',
  calls: [
    works('list-tables', { TableNames: [expect.any(String)] }),
    works('describe-table --table-name $table', { Table: { TableStatus: 'ACTIVE' } }),
    works(`put-item --table-name $table --item '{"pk":{"S":"one"},"sk":{"S":"two"}}'`),
    works('scan --table-name $table', { Count: 1, Items: [{ pk: { S: 'one' }, sk: { S: 'two' } }] }),
  ],
}
