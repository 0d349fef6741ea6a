import { constraintError, type Expression, NotImplementedError, readExpression, validationError } from './expression.ts'

/** A stored schedule: everything that a call or a template set, and the time of its last run. */
export interface Schedule {
  readonly group: string
  readonly name: string
  readonly arn: string
  readonly expression: string
  readonly timezone: string
  readonly startMs?: number
  readonly endMs?: number
  readonly state: 'ENABLED' | 'DISABLED'
  readonly actionAfterCompletion: 'NONE' | 'DELETE'
  readonly description?: string
  /** A run may come this much later on AWS. Here it comes at its time, which is inside of the window. */
  readonly windowMinutes?: number
  readonly clientToken?: string
  readonly target: ScheduleTarget
  /** Of the template, which must have it at the next start, too. */
  readonly isGiven?: true
  readonly createdMs: number
  readonly modifiedMs: number
  /** The latest due time whose run its target has taken. */
  readonly ranMs?: number
}

export interface ScheduleTarget {
  readonly arn: string
  readonly roleArn: string
  readonly input: string
  /** The call gave no input, and the target gets AWS's default event. */
  readonly hasDefaultInput?: true
  readonly maxRetries: number
  readonly maxAgeMs: number
  /** The queue that gets the runs that the target never took. */
  readonly deadLetterArn?: string
}

const NAME = /^[0-9a-zA-Z-_.]{1,64}$/
const MEMBERS = [
  'Name',
  'GroupName',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'StartDate',
  'EndDate',
  'State',
  'ActionAfterCompletion',
  'Description',
  'ClientToken',
  'FlexibleTimeWindow',
  'Target',
]
const QUEUE_ARN = /^arn:aws:sqs:[^:]+:\d+:[\w-]+$/
const MAX_INPUT_BYTES = 256 * 1024
const DEFAULT_RETRIES = 185
const DEFAULT_AGE_SECONDS = 86_400
/** The longest time by which a start may lie in the past. */
const START_GRACE_MS = 5 * 60_000

type Members = Readonly<Record<string, unknown>>

/** The settings that a call gives. An optional member that is left out gets its default, also in an update. */
export type ScheduleSettings = Omit<Schedule, 'arn' | 'isGiven' | 'createdMs' | 'modifiedMs' | 'ranMs'>

export function readScheduleName(name: unknown, member = 'name'): string {
  if (typeof name === 'string' && NAME.test(name)) return name
  const isLong = typeof name === 'string' && name.length > 64
  const constraint = isLong
    ? 'Member must have length less than or equal to 64'
    : 'Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$'
  throw constraintError(name, member, constraint)
}

/**
 * Reads the body of CreateSchedule or UpdateSchedule. Throws for everything that AWS refuses or that is not
 * implemented.
 */
export function readScheduleSettings(name: string, members: Members, nowMs: number): ScheduleSettings {
  requireImplemented('', members, MEMBERS)
  const expression = requireText(members, 'ScheduleExpression')
  const timezone = optionalText(members, 'ScheduleExpressionTimezone') ?? 'UTC'
  const startMs = optionalTime(members, 'StartDate')
  const endMs = optionalTime(members, 'EndDate')
  const read = readExpression(expression, timezone)
  checkWindow(read, { startMs, endMs, nowMs })
  const windowMinutes = readWindow(optionalObject(members, 'FlexibleTimeWindow'))
  const description = optionalText(members, 'Description')
  const clientToken = optionalText(members, 'ClientToken')
  return {
    name: readScheduleName(name),
    group: readScheduleName(members['GroupName'] ?? 'default', 'groupName'),
    expression,
    timezone,
    state: oneOf(members, 'State', ['ENABLED', 'DISABLED']),
    actionAfterCompletion: oneOf(members, 'ActionAfterCompletion', ['NONE', 'DELETE']),
    target: readTarget(optionalObject(members, 'Target')),
    ...(startMs === undefined ? {} : { startMs }),
    ...(endMs === undefined ? {} : { endMs }),
    ...(description === undefined ? {} : { description }),
    ...(windowMinutes === undefined ? {} : { windowMinutes }),
    ...(clientToken === undefined ? {} : { clientToken }),
  }
}

function checkWindow(
  expression: Expression,
  { startMs, endMs, nowMs }: { startMs: number | undefined; endMs: number | undefined; nowMs: number },
): void {
  if (expression.kind === 'at') return
  if (startMs !== undefined && startMs < nowMs - START_GRACE_MS) {
    throw validationError('The StartDate you specify cannot be earlier than 5 minutes ago.')
  }
  if (endMs !== undefined && endMs <= Math.max(nowMs, startMs ?? 0)) {
    throw validationError('The EndDate you specify must come after the StartDate and be in the future.')
  }
}

function readWindow(window: Members | undefined): number | undefined {
  if (window === undefined) throw constraintError(window, 'flexibleTimeWindow', 'Member must not be null')
  requireImplemented('FlexibleTimeWindow.', window, ['Mode', 'MaximumWindowInMinutes'])
  requireText(window, 'Mode', 'flexibleTimeWindow.')
  const mode = oneOf(window, 'Mode', ['OFF', 'FLEXIBLE'], 'flexibleTimeWindow.')
  const minutes = optionalInteger(window, 'MaximumWindowInMinutes', 1, 1_440)
  if ((mode === 'FLEXIBLE') === (minutes !== undefined)) return minutes
  throw validationError(
    mode === 'OFF'
      ? 'MaximumWindowInMinutes must not be given for the FlexibleTimeWindow mode OFF.'
      : 'MaximumWindowInMinutes must be given for the FlexibleTimeWindow mode FLEXIBLE.',
  )
}

/**
 * Returns the event that AWS sends to a target without an input, with the places that each run fills in. Its detail is
 * a text.
 */
function defaultInput(targetArn: string): string {
  const [, , , region, account] = targetArn.split(':')
  return JSON.stringify({
    version: '0',
    id: '<aws.scheduler.execution-id>',
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account,
    time: '<aws.scheduler.scheduled-time>',
    region,
    resources: ['<aws.scheduler.schedule-arn>'],
    detail: '{}',
  })
}

function readTarget(target: Members | undefined): ScheduleTarget {
  if (target === undefined) throw constraintError(target, 'target', 'Member must not be null')
  requireImplemented('Target.', target, ['Arn', 'RoleArn', 'Input', 'RetryPolicy', 'DeadLetterConfig'])
  const arn = requireText(target, 'Arn', 'target.')
  const given = optionalText(target, 'Input')
  if (given === '') {
    throw constraintError(given, 'target.input', 'Member must have length greater than or equal to 1')
  }
  const input = given ?? defaultInput(arn)
  if (Buffer.byteLength(input) > MAX_INPUT_BYTES) {
    throw validationError(`Target.Input is larger than ${MAX_INPUT_BYTES} bytes.`)
  }
  const retry = optionalObject(target, 'RetryPolicy') ?? {}
  requireImplemented('Target.RetryPolicy.', retry, ['MaximumEventAgeInSeconds', 'MaximumRetryAttempts'])
  const { Arn: deadLetterArn, ...more } = optionalObject(target, 'DeadLetterConfig') ?? {}
  requireImplemented('Target.DeadLetterConfig.', more, [])
  if (deadLetterArn !== undefined && !(typeof deadLetterArn === 'string' && QUEUE_ARN.test(deadLetterArn))) {
    throw validationError("Value at 'target.deadLetterConfig.arn' must be the ARN of a queue.")
  }
  return {
    arn,
    roleArn: requireText(target, 'RoleArn', 'target.'),
    input,
    ...(given === undefined ? { hasDefaultInput: true as const } : {}),
    maxRetries: optionalInteger(retry, 'MaximumRetryAttempts', 0, DEFAULT_RETRIES) ?? DEFAULT_RETRIES,
    maxAgeMs:
      (optionalInteger(retry, 'MaximumEventAgeInSeconds', 60, DEFAULT_AGE_SECONDS) ?? DEFAULT_AGE_SECONDS) * 1_000,
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
  }
}

function requireImplemented(prefix: string, members: Members, known: readonly string[]): void {
  const unknown = Object.keys(members).find((member) => !known.includes(member))
  if (unknown !== undefined) {
    throw new NotImplementedError(`${prefix}${unknown} of a schedule.`)
  }
}

function requireText(members: Members, member: string, prefix = ''): string {
  const value = optionalText(members, member)
  if (value !== undefined && value !== '') return value
  const constraint = value === '' ? 'Member must have length greater than or equal to 1' : 'Member must not be null'
  throw constraintError(value, `${prefix}${memberPath(member)}`, constraint)
}

function memberPath(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1)
}

function optionalText(members: Members, member: string): string | undefined {
  const value = members[member]
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  throw validationError(`Value at '${member}' must be a string.`)
}

function optionalObject(members: Members, member: string): Members | undefined {
  const value = members[member]
  if (value === undefined || (typeof value === 'object' && value !== null)) return value as Members | undefined
  throw validationError(`Value at '${member}' must be an object.`)
}

function optionalInteger(members: Members, member: string, least: number, most: number): number | undefined {
  const value = members[member]
  if (value === undefined) return undefined
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw validationError(`Value at '${member}' must be a whole number from ${least} to ${most}.`)
}

/** Reads epoch seconds, the protocol's form of times. */
function optionalTime(members: Members, member: string): number | undefined {
  const value = members[member]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return Math.round(value * 1_000)
  throw validationError(`Value at '${member}' must be a time.`)
}

function oneOf<T extends string>(members: Members, member: string, allowed: readonly [T, ...T[]], prefix = ''): T {
  const value = members[member]
  if (value === undefined) return allowed[0]
  if ((allowed as readonly unknown[]).includes(value)) return value as T
  const constraint = `Member must satisfy enum value set: [${allowed.join(', ')}]`
  throw constraintError(value, `${prefix}${memberPath(member)}`, constraint)
}
