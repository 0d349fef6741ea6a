import { AwsError } from '../../wire/call.ts'
import type { LogGroup } from './log-group.ts'
import type { LogStore } from './log-store.ts'

export interface LogsDirectory {
  readonly store: LogStore
  readonly region: string
  readonly accountId: string
}

export type LogsInput = Readonly<Record<string, unknown>>

export function groupArn(name: string, { region, accountId }: Pick<LogsDirectory, 'region' | 'accountId'>): string {
  return `arn:aws:logs:${region}:${accountId}:log-group:${name}`
}

/** Returns the name of the group that a call names, by name or by ARN. */
export function requestedGroupName(input: LogsInput): string {
  const name = optionalText(input, 'logGroupName')
  const identifier = optionalText(input, 'logGroupIdentifier')
  if (name !== undefined && identifier !== undefined) {
    throw invalid('LogGroup name and LogGroup ARN are mutually exclusive parameters.')
  }
  const given = name ?? identifier?.replace(/^arn:[^:]*:logs:[^:]*:[^:]*:log-group:/, '').replace(/:\*$/, '')
  if (given === undefined) throw invalid('Either logGroupName or logGroupIdentifier is needed.')
  return given
}

export function requestedGroup(input: LogsInput, { store }: LogsDirectory): LogGroup {
  const group = store.group(requestedGroupName(input))
  if (group !== undefined) return group
  throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.')
}

export function optionalText(input: LogsInput, name: string): string | undefined {
  const value = input[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw invalid(`${name} must be a string.`)
}

export function optionalNumber(input: LogsInput, name: string): number | undefined {
  const value = input[name] ?? undefined
  if (value === undefined || typeof value === 'number') return value
  throw invalid(`${name} must be a number.`)
}

export function readLimit(input: LogsInput, byDefault: number, most: number): number {
  const limit = optionalNumber(input, 'limit') ?? byDefault
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit
  const article = `Member must have value ${limit < 1 ? 'greater than or equal to 1' : `less than or equal to ${most}`}`
  throw invalid(`1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: ${article}`)
}

/** Refuses members that would change the answer and that nothing here reads. */
export function requireKnownMembers(input: LogsInput, operation: string, members: readonly string[]): void {
  const unknown = Object.keys(input).find((name) => !members.includes(name) && input[name] !== null)
  if (unknown === undefined) return
  throw invalid(`The local cloud does not implement ${unknown} of ${operation}.`)
}

/** A token says where the next page begins. */
export function writePageToken(kind: string, position: string | number): string {
  return Buffer.from(JSON.stringify([kind, position])).toString('base64url')
}

export function readPageToken(input: LogsInput, kind: string): string | number | undefined {
  const token = optionalText(input, 'nextToken')
  if (token === undefined) return undefined
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    const [made, position] = Array.isArray(read) ? (read as unknown[]) : []
    if (made === kind && (typeof position === 'string' || typeof position === 'number')) return position
  } catch {
    // No token of ours: the error below.
  }
  throw invalid('The specified nextToken is invalid.')
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}
