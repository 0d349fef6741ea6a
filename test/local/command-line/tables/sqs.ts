import { expect } from '@jest/globals'
import { builtOn, type CallTable, fails, refused, works } from '../calls.ts'

const url = (name: string): unknown => expect.stringContaining(`/000000000000/${name}`)

export const sqs: CallTable = {
  service: 'sqs',
  calls: [
    works('list-queues', { QueueUrls: [url('LostParcels'), url('Parcels')] }),
    works('list-queues --queue-name-prefix Lost', { QueueUrls: [url('LostParcels')] }),
    works('get-queue-url --queue-name Parcels', { QueueUrl: url('Parcels') }),
    fails('get-queue-url --queue-name Nothing', 'AWS.SimpleQueueService.NonExistentQueue'),
    works(`send-message --queue-url $queue --message-body 'hello & <goodbye>'`, { MessageId: expect.any(String) }),
    works(
      'receive-message --queue-url $queue --attribute-names All',
      { Messages: [{ Body: 'hello & <goodbye>', Attributes: { ApproximateReceiveCount: '1' } }] },
      { handle: 'Messages.0.ReceiptHandle' },
    ),
    works('change-message-visibility --queue-url $queue --receipt-handle $handle --visibility-timeout 60'),
    works('delete-message --queue-url $queue --receipt-handle $handle'),
    works('get-queue-attributes --queue-url $queue --attribute-names All', {
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' },
    }),
    works(
      `create-queue --queue-name scratch --attributes DelaySeconds=0,VisibilityTimeout=20 --tags team=red`,
      { QueueUrl: url('scratch') },
      { scratch: 'QueueUrl' },
    ),
    works('create-queue --queue-name scratch', { QueueUrl: url('scratch') }),
    fails('create-queue --queue-name scratch --attributes DelaySeconds=9', 'QueueAlreadyExists'),
    works('create-queue --queue-name scratch.fifo --attributes FifoQueue=true', { QueueUrl: url('scratch.fifo') }),
    works(
      'send-message --queue-url scratch.fifo --message-body one --message-group-id a --message-deduplication-id b',
      { SequenceNumber: expect.stringMatching(/^\d{20}$/) },
    ),
    fails('send-message --queue-url scratch.fifo --message-body one --message-group-id a', 'InvalidParameterValue'),
    works('delete-queue --queue-url scratch.fifo'),
    works('list-queue-tags --queue-url $scratch', { Tags: { team: 'red' } }),
    works('tag-queue --queue-url $scratch --tags cost=1'),
    works('untag-queue --queue-url $scratch --tag-keys team'),
    works('list-queue-tags --queue-url $scratch', { Tags: { cost: '1' } }),
    works('set-queue-attributes --queue-url $scratch --attributes SqsManagedSseEnabled=false'),
    works('get-queue-attributes --queue-url $scratch --attribute-names SqsManagedSseEnabled', {
      Attributes: { SqsManagedSseEnabled: 'false' },
    }),
    fails(
      `set-queue-attributes --queue-url $scratch --attributes '{"RedrivePolicy":"{\\"maxReceiveCount\\":1}"}'`,
      'InvalidParameterValue',
    ),
    works(
      `send-message-batch --queue-url $scratch --entries '[{"Id":"a","MessageBody":"one"},{"Id":"b","MessageBody":"two"}]'`,
      { Successful: [{ Id: 'a' }, { Id: 'b' }] },
    ),
    fails(
      `send-message-batch --queue-url $scratch --entries '[{"Id":"","MessageBody":"one"}]'`,
      'AWS.SimpleQueueService.InvalidBatchEntryId',
    ),
    works(
      `send-message --queue-url scratch --message-body three --message-attributes '{"größe":{"DataType":"Number","StringValue":"3"}}'`,
      { MD5OfMessageAttributes: expect.any(String) },
    ),
    works('purge-queue --queue-url $scratch'),
    fails('purge-queue --queue-url $scratch', 'AWS.SimpleQueueService.PurgeQueueInProgress'),
    works(
      `send-message --queue-url $scratch --message-body three --message-attributes '{"größe":{"DataType":"Number","StringValue":"3"}}'`,
      { MessageId: expect.any(String) },
    ),
    works(
      `receive-message --queue-url $scratch --message-attribute-names '*'`,
      { Messages: [{ Body: 'three', MessageAttributes: { größe: { StringValue: '3' } } }] },
      { handle: 'Messages.0.ReceiptHandle' },
    ),
    works(
      'change-message-visibility-batch --queue-url $scratch --entries Id=a,ReceiptHandle=$handle,VisibilityTimeout=9',
      { Successful: [{ Id: 'a' }] },
    ),
    works('delete-message-batch --queue-url $scratch --entries Id=a,ReceiptHandle=$handle', {
      Successful: [{ Id: 'a' }],
    }),
    works('list-dead-letter-source-queues --queue-url $lostQueue', { queueUrls: [url('Parcels')] }),
    works('send-message --queue-url $lostQueue --message-body lost', { MessageId: expect.any(String) }),
    works(
      'get-queue-attributes --queue-url $scratch --attribute-names QueueArn',
      {},
      { scratchArn: 'Attributes.QueueArn' },
    ),
    works(
      'start-message-move-task --source-arn $lostQueueArn --destination-arn $scratchArn',
      { TaskHandle: expect.any(String) },
      { move: 'TaskHandle' },
    ),
    builtOn(
      'start-message-move-task',
      works('receive-message --queue-url $scratch --wait-time-seconds 5', { Messages: [{ Body: 'lost' }] }),
    ),
    builtOn(
      'start-message-move-task',
      works('list-message-move-tasks --source-arn $lostQueueArn', {
        Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }],
      }),
    ),
    builtOn('start-message-move-task', fails('cancel-message-move-task --task-handle $move', 'InvalidParameterValue')),
    fails('start-message-move-task --source-arn $queueArn', 'InvalidParameterValue'),
    works('delete-queue --queue-url $scratch'),
    fails('delete-queue --queue-url $scratch', 'AWS.SimpleQueueService.NonExistentQueue'),
    refused(
      'add-permission --queue-url $queue --label x --aws-account-ids 000000000000 --actions SendMessage',
      'AddPermission',
    ),
    refused('remove-permission --queue-url $queue --label x', 'RemovePermission'),
  ],
}
