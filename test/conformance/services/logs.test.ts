import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Cloud } from '../../../local/cloud.ts'
import { clientSettings } from '../cloud/client-settings.ts'
import { CREDENTIALS_HANDLER, lambdaFunction, role, writeAssembly } from '../cloud/hand-made-assembly.ts'
import { credentialsOf, startAssembly } from '../cloud/start-assembly.ts'

const HANDLER = `exports.handler = async (event) => {
  if (event.fail) throw new TypeError('asked to fail')
  if (event.leave) process.exit(3)
  if (event.lines) for (let line = 1; line <= event.lines; line++) console.log('line', line)
  else console.log({ job: event.job, note: 'heard' })
}`

const withLogging = (logging: object) => {
  const { Properties, ...more } = lambdaFunction('Role', 'talker') as { Properties: object }
  return { ...more, Properties: { ...Properties, LoggingConfig: logging } }
}

const writeStack = (retentionInDays: number) =>
  writeAssembly(
    {
      Resources: {
        Group: {
          Type: 'AWS::Logs::LogGroup',
          Properties: { LogGroupName: '/calls/json', RetentionInDays: retentionInDays },
        },
        Json: withLogging({ LogFormat: 'JSON', LogGroup: { Ref: 'Group' } }),
        Quiet: withLogging({ LogFormat: 'JSON', LogGroup: '/calls/quiet', SystemLogLevel: 'WARN' }),
        Text: withLogging({}),
        Role: role(),
        Reader: lambdaFunction('ReaderRole', 'reader'),
        ReaderRole: role({
          Effect: 'Allow',
          Action: ['logs:FilterLogEvents', 'logs:DescribeLogStreams'],
          Resource: { 'Fn::GetAtt': ['Group', 'Arn'] },
        }),
      },
    },
    { talker: HANDLER, reader: CREDENTIALS_HANDLER },
  )

const assembly = writeStack(7)
const changed = writeStack(30)
let cloud: Cloud
let logs: CloudWatchLogsClient

beforeAll(async () => {
  cloud = await startAssembly(assembly)
  logs = new CloudWatchLogsClient(clientSettings(cloud.endpoint))
})
afterAll(async () => {
  logs.destroy()
  await cloud.close()
  assembly.remove()
  changed.remove()
})

function invoke(name: string, event: object, headers: Record<string, string> = {}): Promise<Response> {
  const url = `${cloud.endpoint}/2015-03-31/functions/${name}/invocations`
  return fetch(url, { method: 'POST', body: JSON.stringify(event), headers })
}

async function messages(logGroupName: string, more: object = {}): Promise<string[]> {
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName, ...more }))
  return events!.map(({ message }) => message!)
}

describe('the output of a function', () => {
  it("is in its group, as Lambda's JSON format has it", async () => {
    const answer = await invoke('Json', { job: 'a' })
    const requestId = answer.headers.get('x-amzn-requestid')
    const lines = (await messages('/calls/json')).map((line) => JSON.parse(line))
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(lines).toEqual([
      { time, type: 'platform.start', record: { requestId, version: '$LATEST' } },
      { timestamp: time, level: 'INFO', requestId, message: { job: 'a', note: 'heard' } },
      {
        time,
        type: 'platform.report',
        record: { requestId, status: 'success', metrics: expect.objectContaining({ memorySizeMB: 128 }) },
      },
    ])
  })

  it("has none of Lambda's own lines if the system's level is higher", async () => {
    await invoke('Quiet', { job: 'b' })
    expect(await messages('/calls/quiet')).toEqual([expect.stringContaining('"job":"b"')])
  })

  it('is in a group of its own name in the text format', async () => {
    const answer = await invoke('Text', { job: 'c' })
    const requestId = answer.headers.get('x-amzn-requestid')
    expect(await messages('/aws/lambda/Text')).toEqual([
      `START RequestId: ${requestId} Version: $LATEST`,
      expect.stringMatching(new RegExp(`^\\S+Z\\t${requestId}\\tINFO\\t\\{ job: 'c', note: 'heard' \\}$`)),
      `END RequestId: ${requestId}`,
      expect.stringContaining(`REPORT RequestId: ${requestId}\tDuration: `),
    ])
  })

  it('says what the function itself could not: how it failed or ended', async () => {
    await invoke('Quiet', { fail: true })
    await invoke('Quiet', { leave: true })
    const lines = await messages('/calls/quiet', { filterPattern: '{ $.level = "ERROR" }' })
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { message: { errorType: 'TypeError', errorMessage: 'asked to fail' } },
      { message: expect.stringContaining('exit status 3') },
    ])
  })
})

describe('a tail', () => {
  const tailOf = (answer: Response) => Buffer.from(answer.headers.get('x-amz-log-result') ?? '', 'base64').toString()

  it('comes with the answer if it is asked for', async () => {
    const answer = await invoke('Text', { job: 'd' }, { 'x-amz-log-type': 'Tail' })
    expect(tailOf(answer)).toMatch(/^START RequestId: .*\n.*job: 'd'.*\nEND RequestId: .*\nREPORT RequestId: /)
    expect((await invoke('Text', {})).headers.get('x-amz-log-result')).toBeNull()
  })

  it('has the last 4 KB, and of a failure too', async () => {
    const long = tailOf(await invoke('Text', { lines: 400 }, { 'x-amz-log-type': 'Tail' }))
    expect(Buffer.byteLength(long)).toBe(4_096)
    expect(long).toContain('line 400')
    const failed = await invoke('Text', { fail: true }, { 'x-amz-log-type': 'Tail' })
    expect(failed.headers.get('x-amz-function-error')).toBe('Unhandled')
    expect(tailOf(failed)).toContain('asked to fail')
  })

  it('of another kind is refused', async () => {
    const answer = await invoke('Text', {}, { 'x-amz-log-type': 'Head' })
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'InvalidParameterValueException'])
  })
})

describe('reading', () => {
  it('goes by pattern, by time and by stream, page by page', async () => {
    const logGroupName = '/calls/json'
    for (const job of ['p1', 'p2', 'p3']) await invoke('Json', { job })
    expect(await messages(logGroupName, { filterPattern: '{ $.message.job = "p2" }' })).toHaveLength(1)
    expect(await messages(logGroupName, { filterPattern: 'p2' })).toHaveLength(1)
    expect(await messages(logGroupName, { startTime: Date.now() + 60_000 })).toEqual([])
    expect(await messages(logGroupName, { endTime: 1 })).toEqual([])
    expect(await messages(logGroupName, { logStreamNames: ['none'] })).toEqual([])

    const filter = { logGroupName, filterPattern: '{ $.message.job = "p*" }', limit: 2 }
    const first = await logs.send(new FilterLogEventsCommand(filter))
    const rest = await messages(logGroupName, { ...filter, nextToken: first.nextToken })
    expect([first.events!.length, rest.length]).toEqual([2, 1])
    expect(rest[0]).toContain('p3')
    expect(first.events![0]).toMatchObject({
      eventId: expect.stringMatching(/^\d{56}$/),
      timestamp: expect.any(Number),
    })
  })

  it('goes through one stream, forward and backward', async () => {
    const logGroupName = '/calls/json'
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName, orderBy: 'LastEventTime' }))
    expect(logStreams).toMatchObject([{ logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\]/) }])
    const from = { logGroupName, logStreamName: logStreams![0]!.logStreamName }
    const all = await logs.send(new GetLogEventsCommand({ ...from, startFromHead: true }))
    const read = async (more: object) => {
      const answer = await logs.send(new GetLogEventsCommand({ ...from, limit: 2, ...more }))
      return { ...answer, lines: answer.events!.map(({ message }) => message) }
    }
    const lines = all.events!.map(({ message }) => message)
    const first = await read({ startFromHead: true })
    const second = await read({ nextToken: first.nextForwardToken })
    expect([...first.lines, ...second.lines]).toEqual(lines.slice(0, 4))
    expect((await read({ nextToken: second.nextBackwardToken })).lines).toEqual(first.lines)
    expect((await read({})).lines).toEqual(lines.slice(-2))
    // At the end the same token comes again.
    const end = await read({ nextToken: all.nextForwardToken })
    expect([end.lines, end.nextForwardToken]).toEqual([[], all.nextForwardToken])
  })

  it('lists groups by prefix and by pattern', async () => {
    const names = async (input: object) =>
      (await logs.send(new DescribeLogGroupsCommand(input))).logGroups!.map(({ logGroupName }) => logGroupName)
    expect(await names({})).toEqual(['/aws/lambda/Text', '/calls/json', '/calls/quiet'])
    expect(await names({ logGroupNamePrefix: '/calls' })).toEqual(['/calls/json', '/calls/quiet'])
    expect(await names({ logGroupNamePattern: 'LAMBDA' })).toEqual(['/aws/lambda/Text'])
    const { logGroups, nextToken } = await logs.send(new DescribeLogGroupsCommand({ limit: 2 }))
    expect(logGroups![1]).toMatchObject({
      retentionInDays: 7,
      arn: 'arn:aws:logs:us-east-1:000000000000:log-group:/calls/json:*',
      logGroupArn: 'arn:aws:logs:us-east-1:000000000000:log-group:/calls/json',
      storedBytes: expect.any(Number),
    })
    expect(await names({ nextToken })).toEqual(['/calls/quiet'])
  })

  it.each([
    ['a group that is not there', { logGroupName: 'none' }, 'ResourceNotFoundException'],
    [
      'a pattern that it cannot read',
      { logGroupName: '/calls/json', filterPattern: '[a]' },
      'InvalidParameterException',
    ],
    ['a token of nobody', { logGroupName: '/calls/json', nextToken: 'x' }, 'InvalidParameterException'],
    ['a limit of none', { logGroupName: '/calls/json', limit: 0 }, 'InvalidParameterException'],
  ])('refuses %s', async (_, input, name) => {
    await expect(logs.send(new FilterLogEventsCommand(input))).rejects.toMatchObject({ name })
  })

  it('refuses what is not there by its name', async () => {
    const put = new PutLogEventsCommand({ logGroupName: '/calls/json', logStreamName: 'x', logEvents: [] })
    await expect(logs.send(put)).rejects.toMatchObject({ message: expect.stringContaining('PutLogEvents') })
  })

  it('keeps the lines of a group whose retention changes', async () => {
    const before = await messages('/calls/json')
    await cloud.update(changed.assemblyDir)
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/calls/json' }))
    expect(logGroups![0]!.retentionInDays).toBe(30)
    expect(await messages('/calls/json')).toEqual(before)
  })

  it('needs permission', async () => {
    const reader = new CloudWatchLogsClient(clientSettings(cloud.endpoint, await credentialsOf(cloud, 'Reader')))
    const byArn = { logGroupIdentifier: 'arn:aws:logs:us-east-1:000000000000:log-group:/calls/json' }
    await expect(reader.send(new FilterLogEventsCommand(byArn))).resolves.toBeDefined()
    const other = reader.send(new FilterLogEventsCommand({ logGroupName: '/calls/quiet' }))
    await expect(other).rejects.toMatchObject({ name: 'AccessDeniedException' })
    const groups = reader.send(new DescribeLogGroupsCommand({}))
    await expect(groups).rejects.toMatchObject({ message: expect.stringContaining('logs:DescribeLogGroups') })
    reader.destroy()
  })
})
