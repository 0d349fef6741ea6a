import { expect } from '@jest/globals'
import { type CallTable, works } from '../calls.ts'

export const sqs: CallTable = {
  service: 'sqs',
  calls: [
    works('list-queues', { QueueUrls: [expect.stringContaining('LostParcels'), expect.stringContaining('Parcels')] }),
    works(`send-message --queue-url $queue --message-body 'hello & <goodbye>'`, { MessageId: expect.any(String) }),
    works(
      'receive-message --queue-url $queue --attribute-names All',
      { Messages: [{ Body: 'hello & <goodbye>', Attributes: { ApproximateReceiveCount: '1' } }] },
      { handle: 'Messages.0.ReceiptHandle' },
    ),
    works('delete-message --queue-url $queue --receipt-handle $handle'),
    works('get-queue-attributes --queue-url $queue --attribute-names All', {
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' },
    }),
  ],
}
