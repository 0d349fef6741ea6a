import type { LogGroup, LogStream } from './log-group.ts'
import {
  groupArn,
  invalid,
  optionalText,
  readLimit,
  readPageToken,
  requestedGroup,
  requireKnownMembers,
  writePageToken,
  type LogsDirectory,
  type LogsInput,
} from './logs-input.ts'

const MAX_PAGE = 50

export function describeLogGroups(input: LogsInput, directory: LogsDirectory): object {
  requireKnownMembers(input, 'DescribeLogGroups', [
    'logGroupNamePrefix',
    'logGroupNamePattern',
    'limit',
    'nextToken',
    'logGroupClass',
  ])
  const prefix = optionalText(input, 'logGroupNamePrefix')
  const pattern = optionalText(input, 'logGroupNamePattern')
  if (prefix !== undefined && pattern !== undefined) {
    throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.')
  }
  const after = readPageToken(input, 'groups') ?? ''
  const left = directory.store
    .groups()
    .filter(({ name }) => name > String(after) && name.startsWith(prefix ?? ''))
    .filter(({ name }) => name.toLowerCase().includes((pattern ?? '').toLowerCase()))
  const page = left.slice(0, readLimit(input, MAX_PAGE, MAX_PAGE))
  return {
    logGroups: page.map((group) => describeGroup(group, directory)),
    ...(page.length < left.length && { nextToken: writePageToken('groups', page.at(-1)!.name) }),
  }
}

function describeGroup({ name, createdAt, retentionInDays, bytes }: LogGroup, directory: LogsDirectory): object {
  const arn = groupArn(name, directory)
  return {
    logGroupName: name,
    creationTime: createdAt,
    ...(retentionInDays !== undefined && { retentionInDays }),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes: bytes,
    logGroupClass: 'STANDARD',
    logGroupArn: arn,
  }
}

export function describeLogStreams(input: LogsInput, directory: LogsDirectory): object {
  requireKnownMembers(input, 'DescribeLogStreams', [
    'logGroupName',
    'logGroupIdentifier',
    'logStreamNamePrefix',
    'orderBy',
    'descending',
    'limit',
    'nextToken',
  ])
  const group = requestedGroup(input, directory)
  const prefix = optionalText(input, 'logStreamNamePrefix')
  const orderBy = optionalText(input, 'orderBy') ?? 'LogStreamName'
  if (orderBy !== 'LogStreamName' && orderBy !== 'LastEventTime') {
    throw invalid(`orderBy must be LogStreamName or LastEventTime, not ${orderBy}.`)
  }
  if (prefix !== undefined && orderBy === 'LastEventTime') {
    throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.')
  }
  const byName = (one: LogStream, other: LogStream): number => (one.name < other.name ? -1 : 1)
  const byTime = (one: LogStream, other: LogStream): number =>
    (one.lastEventAt ?? 0) - (other.lastEventAt ?? 0) || byName(one, other)
  const streams = group.streams
    .filter(({ name }) => name.startsWith(prefix ?? ''))
    .sort(orderBy === 'LogStreamName' ? byName : byTime)
  if (input['descending'] === true) streams.reverse()
  const start = Number(readPageToken(input, 'streams') ?? 0)
  const page = streams.slice(start, start + readLimit(input, MAX_PAGE, MAX_PAGE))
  const end = start + page.length
  return {
    logStreams: page.map((stream) => describeStream(stream, groupArn(group.name, directory))),
    ...(end < streams.length && { nextToken: writePageToken('streams', end) }),
  }
}

function describeStream({ name, createdAt, firstEventAt, lastEventAt }: LogStream, arnOfGroup: string): object {
  return {
    logStreamName: name,
    creationTime: createdAt,
    firstEventTimestamp: firstEventAt,
    lastEventTimestamp: lastEventAt,
    lastIngestionTime: lastEventAt,
    uploadSequenceToken: '0',
    arn: `${arnOfGroup}:log-stream:${name}`,
    // AWS fills this no more.
    storedBytes: 0,
  }
}
