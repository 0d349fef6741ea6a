import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { startCloud, type Cloud } from '../../local/cloud.ts'
import { table, writeAssembly } from '../conformance/cloud/hand-made-assembly.ts'

const run = promisify(execFile)

function hasAwsCommandLine(): boolean {
  try {
    execFileSync('aws', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const isThere = hasAwsCommandLine()
const describeWithAws = isThere ? describe : describe.skip
const title = isThere
  ? 'the AWS command line'
  : 'the AWS command line (skipped: `aws` is not on the PATH; Debian has it as awscli)'

describeWithAws(title, () => {
  const assembly = writeAssembly({ Resources: { Parcels: { Type: 'AWS::SQS::Queue' }, Jobs: table() } })
  let cloud: Cloud

  beforeAll(async () => {
    cloud = await startCloud({ assemblyDir: assembly.assemblyDir, runtimePath: 'unused' })
  })
  afterAll(async () => {
    await cloud.close()
    assembly.remove()
  })

  async function aws(...args: readonly string[]): Promise<any> {
    const { stdout } = await run('aws', ['--endpoint-url', cloud.endpoint, '--output', 'json', ...args], {
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_DEFAULT_REGION: cloud.region,
      },
    })
    return stdout.trim() === '' ? undefined : JSON.parse(stdout)
  }

  it('lists, sends to, receives from and empties the queues', async () => {
    const { QueueUrls: urls } = await aws('sqs', 'list-queues')
    expect(urls).toHaveLength(1)
    const queue = ['--queue-url', urls[0]]
    const { MessageId: id } = await aws('sqs', 'send-message', ...queue, '--message-body', 'hello & <goodbye>')
    const { Messages: messages } = await aws('sqs', 'receive-message', ...queue, '--attribute-names', 'All')
    expect(messages).toMatchObject([
      { MessageId: id, Body: 'hello & <goodbye>', Attributes: { ApproximateReceiveCount: '1' } },
    ])
    await aws('sqs', 'delete-message', ...queue, '--receipt-handle', messages[0].ReceiptHandle)
    const { Attributes: counts } = await aws('sqs', 'get-queue-attributes', ...queue, '--attribute-names', 'All')
    expect(counts).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' })
  })

  it('reads the tables', async () => {
    const { TableNames: names } = await aws('dynamodb', 'list-tables')
    expect(names).toHaveLength(1)
    const { Table: description } = await aws('dynamodb', 'describe-table', '--table-name', names[0])
    expect(description.TableStatus).toBe('ACTIVE')
    const item = { pk: { S: 'one' }, sk: { S: 'two' } }
    await aws('dynamodb', 'put-item', '--table-name', names[0], '--item', JSON.stringify(item))
    expect(await aws('dynamodb', 'scan', '--table-name', names[0])).toMatchObject({ Count: 1, Items: [item] })
  })
})
