import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept } from '../../../protocol/kit/parsed.ts'
import { parseScheduleBody, parseScheduleName, parseScheduleQuery } from '../../../protocol/schedules/parse-schedule.ts'
import type { Schedule, ScheduleAnswer, SchedulesAnswer } from '../../../protocol/schedules/schedule.ts'
import type { SchedulePorts } from '../../domain/schedules/keep-schedules.ts'
import {
  createSchedule,
  deleteSchedule,
  listSchedules,
  pauseSchedule,
  readSchedule,
  resumeSchedule,
} from '../../domain/schedules/keep-schedules.ts'
import type { Log } from '../../domain/kit/log.ts'
import type { MakeJobPorts } from '../../domain/submit/make-job.ts'
import type { ScheduleKey } from '../../domain/schedules/schedule-store.ts'
import { restAnswer, restRefusal } from '../kit/rest-answer.ts'
import type { RestRequest, RouteHandler } from '../kit/rest-request.ts'

export interface ScheduleRoutePorts extends SchedulePorts, MakeJobPorts {
  readonly log: Log
}

export const SCHEDULE_ROUTES = {
  'POST /schedules': handleCreateSchedule,
  'GET /schedules': handleListSchedules,
  'GET /schedules/{name}': handlerOfOne(readSchedule),
  'DELETE /schedules/{name}': handleDeleteSchedule,
  'POST /schedules/{name}/pause': handlerOfOne(pauseSchedule),
  'POST /schedules/{name}/resume': handlerOfOne(resumeSchedule),
} as const satisfies Record<string, RouteHandler<ScheduleRoutePorts>>

async function handleCreateSchedule(
  ports: ScheduleRoutePorts,
  { namespace, body }: RestRequest,
): Promise<APIGatewayProxyResult> {
  const parsed = parseScheduleBody(body)
  if (!parsed.ok) return restRefusal(parsed.error)
  const created = await createSchedule(ports, namespace, parsed.value)
  if (!created.ok) return restRefusal(created.error)
  const { schedule, existed } = created.value
  return restAnswer(existed ? 200 : 201, { schedule } satisfies ScheduleAnswer)
}

async function handleListSchedules(
  ports: ScheduleRoutePorts,
  { namespace, query }: RestRequest,
): Promise<APIGatewayProxyResult> {
  const parsed = parseScheduleQuery(query)
  if (!parsed.ok) return restRefusal(parsed.error)
  return restAnswer(200, (await listSchedules(ports, namespace, parsed.value)) satisfies SchedulesAnswer)
}

async function handleDeleteSchedule(ports: ScheduleRoutePorts, request: RestRequest): Promise<APIGatewayProxyResult> {
  const key = parseScheduleKey(request)
  if (!key.ok) return restRefusal(key.error)
  const removed = await deleteSchedule(ports, key.value)
  return removed.ok ? restAnswer(204) : restRefusal(removed.error)
}

/** Makes a handler of a use case that returns the schedule that the path names. */
function handlerOfOne(
  useCase: (ports: ScheduleRoutePorts, key: ScheduleKey) => Promise<Parsed<Schedule>>,
): (ports: ScheduleRoutePorts, request: RestRequest) => Promise<APIGatewayProxyResult> {
  return async (ports, request) => {
    const key = parseScheduleKey(request)
    if (!key.ok) return restRefusal(key.error)
    const schedule = await useCase(ports, key.value)
    return schedule.ok
      ? restAnswer(200, { schedule: schedule.value } satisfies ScheduleAnswer)
      : restRefusal(schedule.error)
  }
}

/** Reads the key of the schedule that the path names. */
function parseScheduleKey({ namespace, pathParameters }: RestRequest): Parsed<ScheduleKey> {
  const name = parseScheduleName(pathParameters['name'])
  return name.ok ? accept({ namespace, name: name.value }) : name
}
