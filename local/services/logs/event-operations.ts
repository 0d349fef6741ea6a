import { AwsError } from '../../wire/call.ts'
import { parseFilterPattern } from './filter-pattern.ts'
import type { LogEvent } from './log-group.ts'
import {
  invalid,
  optionalNumber,
  optionalText,
  readLimit,
  readPageToken,
  requestedGroup,
  requireKnownMembers,
  writePageToken,
  type LogsDirectory,
  type LogsInput,
} from './logs-input.ts'

const MAX_EVENTS = 10_000
const GROUP = ['logGroupName', 'logGroupIdentifier', 'startTime', 'endTime', 'limit', 'nextToken']

export function filterLogEvents(input: LogsInput, directory: LogsDirectory): object {
  requireKnownMembers(input, 'FilterLogEvents', [
    ...GROUP,
    'logStreamNames',
    'logStreamNamePrefix',
    'filterPattern',
    'interleaved',
    // Nothing is masked here.
    'unmask',
  ])
  const group = requestedGroup(input, directory)
  const isWanted = streamFilter(input)
  const { start, end } = readTimes(input)
  const matches = parseFilterPattern(optionalText(input, 'filterPattern') ?? '')
  const limit = readLimit(input, MAX_EVENTS, MAX_EVENTS)
  const from = Number(readPageToken(input, 'filter') ?? 0)
  const left = group.events.filter(
    ({ sequence, timestamp, streamName, message }) =>
      sequence >= from && timestamp >= start && timestamp <= end && isWanted(streamName) && matches(message),
  )
  const next = left[limit]
  return {
    events: left.slice(0, limit).map((event) => ({
      logStreamName: event.streamName,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.timestamp,
      eventId: eventId(event),
    })),
    searchedLogStreams: [],
    ...(next !== undefined && { nextToken: writePageToken('filter', next.sequence) }),
  }
}

export function getLogEvents(input: LogsInput, directory: LogsDirectory): object {
  requireKnownMembers(input, 'GetLogEvents', [...GROUP, 'logStreamName', 'startFromHead', 'unmask'])
  const group = requestedGroup(input, directory)
  const streamName = optionalText(input, 'logStreamName')
  if (streamName === undefined || group.stream(streamName) === undefined) {
    throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')
  }
  const { start, end } = readTimes(input)
  // Without the events at the end time itself, which FilterLogEvents returns.
  const events = group.events.filter(
    (event) => event.streamName === streamName && event.timestamp >= start && event.timestamp < end,
  )
  const direction = optionalText(input, 'nextToken')?.startsWith('b/') === true ? 'backward' : 'forward'
  const token = optionalText(input, 'nextToken')?.slice('f/'.length)
  const position = readPageToken(token === undefined ? {} : { nextToken: token }, direction)
  const page = pageOf(events, {
    direction,
    position: position === undefined ? undefined : Number(position),
    fromHead: input['startFromHead'] === true,
    limit: readLimit(input, MAX_EVENTS, MAX_EVENTS),
  })
  const first = page[0]?.sequence ?? Number(position ?? 0)
  const next = (page.at(-1)?.sequence ?? first - 1) + 1
  return {
    events: page.map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
    nextForwardToken: `f/${writePageToken('forward', next)}`,
    nextBackwardToken: `b/${writePageToken('backward', first)}`,
  }
}

interface PageRequest {
  readonly direction: 'forward' | 'backward'
  /** The first event of a page forward, or the event behind a page backward. */
  readonly position: number | undefined
  readonly fromHead: boolean
  readonly limit: number
}

function pageOf(events: readonly LogEvent[], { direction, position, fromHead, limit }: PageRequest): LogEvent[] {
  if (position === undefined) return fromHead ? events.slice(0, limit) : events.slice(-limit)
  return direction === 'forward'
    ? events.filter(({ sequence }) => sequence >= position).slice(0, limit)
    : events.filter(({ sequence }) => sequence < position).slice(-limit)
}

function streamFilter(input: LogsInput): (streamName: string) => boolean {
  const names = input['logStreamNames'] as readonly string[] | undefined
  const prefix = optionalText(input, 'logStreamNamePrefix')
  if (names !== undefined && prefix !== undefined) {
    throw invalid('logStreamNamePrefix and logStreamNames are mutually exclusive parameters.')
  }
  if (names !== undefined) return (streamName) => names.includes(streamName)
  return (streamName) => streamName.startsWith(prefix ?? '')
}

function readTimes(input: LogsInput): { readonly start: number; readonly end: number } {
  return { start: optionalNumber(input, 'startTime') ?? 0, end: optionalNumber(input, 'endTime') ?? Infinity }
}

/** 56 digits that sort by time, as on AWS. */
function eventId({ timestamp, sequence }: LogEvent): string {
  return `${timestamp}`.padStart(20, '0') + `${sequence}`.padStart(36, '0')
}
