import { type AwsAnswer, type AwsApi, type AwsCall, AwsError } from '../../wire/call.ts'
import { readCredential } from '../../wire/credential.ts'
import { decodePathPart } from '../../wire/decode-path-part.ts'
import { constraintError, validationError } from './expression.ts'
import { GROUP_OPERATIONS, groupOperationOf, groupResourceArn, requireGroup } from './group-operations.ts'
import { nextPage } from './pages.ts'
import { readScheduleName, readScheduleSettings, type Schedule, type ScheduleSettings } from './schedule.ts'
import { scheduleKey } from './schedule-store.ts'
import type { SchedulerApiDeps } from './scheduler-api-deps.ts'
import { checkTarget } from './targets.ts'

const SCHEDULE_PATH = /^\/schedules\/([^/]+)$/
const OPERATIONS: Readonly<Record<string, string>> = {
  POST: 'CreateSchedule',
  GET: 'GetSchedule',
  PUT: 'UpdateSchedule',
  DELETE: 'DeleteSchedule',
}

/** Answers EventBridge Scheduler's calls. */
export function createSchedulerApi(deps: SchedulerApiDeps): AwsApi {
  const groupAnswers = Object.entries(GROUP_OPERATIONS).map(
    ([name, run]) => [name, (call: AwsCall) => run(deps, call)] as const,
  )
  const answer: Readonly<Record<string, (call: AwsCall) => object>> = {
    CreateSchedule: (call) => createSchedule(deps, call),
    UpdateSchedule: (call) => updateSchedule(deps, call),
    GetSchedule: (call) => describeSchedule(findSchedule(deps, namesOf(call))),
    DeleteSchedule: (call) => deleteSchedule(deps, call),
    ListSchedules: (call) => listSchedules(deps, call),
    ...Object.fromEntries(groupAnswers),
  }
  return {
    service: 'scheduler',
    match({ method, path, headers }) {
      // S3 buckets could have the same paths. The service in the signature tells them apart.
      if (readCredential(headers)?.service !== 'scheduler') return undefined
      if (path === '/schedules' && method === 'GET') return 'ListSchedules'
      const ofSchedule = SCHEDULE_PATH.test(path) ? OPERATIONS[method] : undefined
      return ofSchedule ?? groupOperationOf(method, path) ?? `${method} ${path}`
    },
    authorizations(call) {
      requireOperation(call, answer)
      const action = `scheduler:${call.operation}`
      if (call.operation === 'ListSchedules') return [{ action, resourceArn: '*' }]
      if (Object.hasOwn(GROUP_OPERATIONS, call.operation))
        return [{ action, resourceArn: groupResourceArn(deps, call) }]
      const own = { action, resourceArn: scheduleArn(deps, namesOf(call)) }
      if (call.method !== 'POST' && call.method !== 'PUT') return [own]
      const { RoleArn: roleArn } = (call.input()['Target'] ?? {}) as { RoleArn?: unknown }
      return [own, { action: 'iam:PassRole', resourceArn: String(roleArn) }]
    },
    // Async, so that a thrown error becomes a rejection.
    handle: async (call) => jsonAnswer(200, requireOperation(call, answer)(call)),
    renderError: ({ code, message, status, details }) =>
      jsonAnswer(status, { Message: message, ...details }, { 'x-amzn-errortype': code }),
  }
}

function requireOperation<T>({ operation }: AwsCall, answer: Readonly<Record<string, T>>): T {
  const found = Object.hasOwn(answer, operation) ? answer[operation] : undefined
  if (found !== undefined) return found
  const known = Object.keys(answer).join(', ')
  throw new AwsError(
    'UnknownOperationException',
    `The local cloud does not implement ${operation} of Scheduler, only ${known}.`,
    404,
  )
}

interface Names {
  readonly group: string
  readonly name: string
}

function namesOf(call: AwsCall): Names {
  const name = readScheduleName(decodePathPart(SCHEDULE_PATH.exec(call.path)?.[1] ?? ''))
  const inBody = call.method === 'POST' || call.method === 'PUT'
  const group = inBody ? call.input()['GroupName'] : call.query.get('groupName')
  return { name, group: readScheduleName(group ?? 'default', 'groupName') }
}

function createSchedule(deps: SchedulerApiDeps, call: AwsCall): object {
  const nowMs = deps.clock.now()
  const settings = readWhole(deps, call, nowMs)
  const present = deps.store.get(settings.group, settings.name)
  if (present !== undefined) {
    // The answer to the first call was lost. The same call again is no conflict.
    if (present.clientToken !== undefined && present.clientToken === settings.clientToken) {
      return { ScheduleArn: present.arn }
    }
    throw new AwsError('ConflictException', `Schedule ${settings.name} already exists.`, 409)
  }
  return store(deps, { ...settings, arn: scheduleArn(deps, settings), createdMs: nowMs, modifiedMs: nowMs })
}

function updateSchedule(deps: SchedulerApiDeps, call: AwsCall): object {
  const nowMs = deps.clock.now()
  const { arn, createdMs, modifiedMs, isGiven } = findSchedule(deps, namesOf(call))
  const settings = readWhole(deps, call, nowMs)
  // Two changes are told apart by their times, even within a millisecond.
  const given = isGiven === undefined ? {} : { isGiven }
  return store(deps, { ...settings, ...given, arn, createdMs, modifiedMs: Math.max(nowMs, modifiedMs + 1) })
}

function readWhole(deps: SchedulerApiDeps, call: AwsCall, nowMs: number): ScheduleSettings {
  const settings = readScheduleSettings(namesOf(call).name, call.input(), nowMs)
  requireGroup(deps, settings.group)
  checkTarget(settings)
  if (!deps.trustsScheduler(settings.target.roleArn)) {
    throw validationError('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.')
  }
  return settings
}

function store({ store: schedules, engine }: SchedulerApiDeps, schedule: Schedule): object {
  schedules.put(schedule)
  engine.refresh(schedule)
  return { ScheduleArn: schedule.arn }
}

function deleteSchedule(deps: SchedulerApiDeps, call: AwsCall): object {
  const schedule = findSchedule(deps, namesOf(call))
  deps.store.remove(schedule)
  deps.engine.refresh(schedule)
  return {}
}

function listSchedules(deps: SchedulerApiDeps, { query }: AwsCall): object {
  const [group, state] = [query.get('ScheduleGroup'), query.get('State')]
  const prefix = query.get('NamePrefix') ?? ''
  if (group !== null) requireGroup(deps, readScheduleName(group, 'groupName'))
  if (state !== null && state !== 'ENABLED' && state !== 'DISABLED') {
    throw constraintError(state, 'state', 'Member must satisfy enum value set: [ENABLED, DISABLED]')
  }
  const found = deps.store
    .all()
    .filter((schedule) => schedule.name.startsWith(prefix))
    .filter((schedule) => group === null || schedule.group === group)
    .filter((schedule) => state === null || schedule.state === state)
  const { page, nextToken } = nextPage(found, scheduleKey, query)
  return {
    Schedules: page.map(({ arn, name, group: GroupName, state: State, target, createdMs, modifiedMs }) => ({
      Arn: arn,
      Name: name,
      GroupName,
      State,
      CreationDate: createdMs / 1_000,
      LastModificationDate: modifiedMs / 1_000,
      Target: { Arn: target.arn },
    })),
    NextToken: nextToken,
  }
}

function findSchedule(deps: SchedulerApiDeps, names: Names): Schedule {
  requireGroup(deps, names.group)
  const schedule = deps.store.get(names.group, names.name)
  if (schedule !== undefined) return schedule
  throw new AwsError('ResourceNotFoundException', `Schedule ${names.name} does not exist.`, 404)
}

function scheduleArn({ arnPrefix }: SchedulerApiDeps, { group, name }: Names): string {
  return `${arnPrefix}:schedule/${group}/${name}`
}

function describeSchedule(schedule: Schedule): object {
  const { target, startMs, endMs, windowMinutes } = schedule
  return {
    Arn: schedule.arn,
    Name: schedule.name,
    GroupName: schedule.group,
    ScheduleExpression: schedule.expression,
    ScheduleExpressionTimezone: schedule.timezone,
    State: schedule.state,
    ActionAfterCompletion: schedule.actionAfterCompletion,
    Description: schedule.description,
    StartDate: startMs === undefined ? undefined : startMs / 1_000,
    EndDate: endMs === undefined ? undefined : endMs / 1_000,
    CreationDate: schedule.createdMs / 1_000,
    LastModificationDate: schedule.modifiedMs / 1_000,
    FlexibleTimeWindow:
      windowMinutes === undefined ? { Mode: 'OFF' } : { Mode: 'FLEXIBLE', MaximumWindowInMinutes: windowMinutes },
    Target: {
      Arn: target.arn,
      RoleArn: target.roleArn,
      Input: target.hasDefaultInput === true ? undefined : target.input,
      DeadLetterConfig: target.deadLetterArn === undefined ? undefined : { Arn: target.deadLetterArn },
      RetryPolicy: { MaximumRetryAttempts: target.maxRetries, MaximumEventAgeInSeconds: target.maxAgeMs / 1_000 },
    },
  }
}

function jsonAnswer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}
