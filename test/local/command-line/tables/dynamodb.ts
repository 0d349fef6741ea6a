import { expect } from '@jest/globals'
import { type CallTable, fails, refused, works } from '../calls.ts'

const KEY = `--table-name $table --key '{"pk":{"S":"one"},"sk":{"S":"two"}}'`
const ITEM = { pk: { S: 'one' }, sk: { S: 'two' } }

export const dynamodb: CallTable = {
  service: 'dynamodb',
  calls: [
    works('list-tables', { TableNames: ['Jobs'] }),
    works('describe-table --table-name $table', { Table: { TableStatus: 'ACTIVE' } }),
    works('describe-time-to-live --table-name $table', { TimeToLiveDescription: { AttributeName: 'ttl' } }),
    works('describe-continuous-backups --table-name $table', {
      ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED' },
    }),
    works('describe-limits', { AccountMaxReadCapacityUnits: 80_000 }),
    works('describe-endpoints', { Endpoints: [{ CachePeriodInMinutes: 1_440 }] }),
    works(`put-item --table-name $table --item '{"pk":{"S":"one"},"sk":{"S":"two"}}'`),
    works('scan --table-name $table', { Count: 1, Items: [ITEM] }),
    works(`get-item ${KEY} --consistent-read`, { Item: ITEM }),
    works(
      `update-item ${KEY} --update-expression 'ADD visits :one' --return-values ALL_NEW ` +
        `--expression-attribute-values '{":one":{"N":"1"}}'`,
      { Attributes: { ...ITEM, visits: { N: '1' } } },
    ),
    works(
      `query --table-name $table --key-condition-expression 'pk = :pk' ` +
        `--expression-attribute-values '{":pk":{"S":"one"}}'`,
      { Count: 1, Items: [ITEM] },
    ),
    works(`execute-statement --statement 'SELECT sk FROM "Jobs" WHERE pk = ?' --parameters '[{"S":"one"}]'`, {
      Items: [{ sk: { S: 'two' } }],
    }),
    works(`batch-write-item --request-items '{"Jobs":[{"PutRequest":{"Item":{"pk":{"S":"b"},"sk":{"S":"b"}}}}]}'`, {
      UnprocessedItems: {},
    }),
    works(`batch-get-item --request-items '{"Jobs":{"Keys":[{"pk":{"S":"b"},"sk":{"S":"b"}}]}}'`, {
      Responses: { Jobs: [{ pk: { S: 'b' } }] },
    }),
    fails(
      `put-item --table-name $table --item '{"pk":{"S":"one"},"sk":{"S":"two"}}' ` +
        `--condition-expression 'attribute_not_exists(pk)'`,
      'ConditionalCheckFailedException',
    ),
    works(`delete-item ${KEY} --return-values ALL_OLD`, { Attributes: ITEM }),
    fails('describe-table --table-name Missing', 'ResourceNotFoundException'),
    works('list-tags-of-resource --resource-arn arn:aws:dynamodb:us-east-1:000000000000:table/Jobs', {
      Tags: expect.any(Array),
    }),
    refused('list-backups', 'ListBackups'),
    refused('create-backup --table-name $table --backup-name one', 'CreateBackup'),
    refused('list-global-tables', 'ListGlobalTables'),
  ],
}
