import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'

const run = promisify(execFile)

function hasAwsCommandLine(): boolean {
  try {
    execFileSync('aws', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const describeWithAws = hasAwsCommandLine() ? describe : describe.skip
const title = hasAwsCommandLine()
  ? 'the AWS command line'
  : 'the AWS command line (skipped: `aws` is not on the PATH; Debian has it as awscli)'

describeWithAws(title, () => {
  let cloud: CloudProcess
  beforeAll(async () => {
    cloud = await startCloudProcess()
  })
  afterAll(() => cloud.stop())

  async function aws(...args: readonly string[]): Promise<any> {
    const { stdout } = await run(
      'aws',
      ['--endpoint-url', cloud.endpoint, '--region', 'us-east-1', '--output', 'json', ...args],
      {
        env: { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      },
    )
    return stdout.trim() === '' ? undefined : JSON.parse(stdout)
  }

  it('lists, sends to, receives from and empties the queues', async () => {
    const { QueueUrls: urls } = await aws('sqs', 'list-queues')
    expect(urls).toHaveLength(8)
    // A dead-letter queue would be drained by its function: use a made-up queue's neighbour that nothing polls? None is: send and see it taken.
    const url: string = urls.find((candidate: string) => /low/i.test(candidate) && !/dead/i.test(candidate))
    const sent = await aws(
      'sqs',
      'send-message',
      '--queue-url',
      url,
      '--message-body',
      'hello',
      '--delay-seconds',
      '900',
    )
    expect(sent.MessageId).toMatch(/^[0-9a-f-]{36}$/)
    const { Attributes: attributes } = await aws(
      'sqs',
      'get-queue-attributes',
      '--queue-url',
      url,
      '--attribute-names',
      'All',
    )
    expect(attributes.ApproximateNumberOfMessagesDelayed).toBe('1')
  })

  it('reads the tables', async () => {
    const { TableNames: tables } = await aws('dynamodb', 'list-tables')
    expect(tables).toHaveLength(2)
    const { Table: table } = await aws('dynamodb', 'describe-table', '--table-name', tables[0])
    expect(table.KeySchema).toHaveLength(2)
    expect(await aws('dynamodb', 'scan', '--table-name', tables[0])).toMatchObject({ Count: expect.any(Number) })
  })
})
