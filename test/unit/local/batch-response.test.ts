import { describe, expect, it } from '@jest/globals'
import { readBatchResponse } from '../../../local/services/event-source-mapping/batch-response.ts'

const ids = new Set(['one', 'two'])

describe('the answer of a function that reports batch item failures', () => {
  it.each(['', 'null', '{}', '{"batchItemFailures":[]}', '{"batchItemFailures":null}'])(
    'means with %j that all went well',
    (payload) => expect(readBatchResponse(payload, ids)).toEqual({ kind: 'success' }),
  )

  it('names the failed items', () => {
    const payload = JSON.stringify({ batchItemFailures: [{ itemIdentifier: 'two' }] })
    expect(readBatchResponse(payload, ids)).toEqual({ kind: 'partial', failedIds: new Set(['two']) })
  })

  it.each([
    '"done"',
    '[]',
    '{not json',
    '{"batchItemFailures":"two"}',
    '{"batchItemFailures":["two"]}',
    '{"batchItemFailures":[null]}',
    '{"batchItemFailures":[{"itemIdentifier":""}]}',
    '{"batchItemFailures":[{"itemIdentifier":null}]}',
    '{"batchItemFailures":[{"messageId":"two"}]}',
    '{"batchItemFailures":[{"itemIdentifier":"two"},{"itemIdentifier":"three"}]}',
  ])('fails all items if it is %j', (payload) =>
    expect(readBatchResponse(payload, ids)).toMatchObject({ kind: 'failure' }),
  )
})
