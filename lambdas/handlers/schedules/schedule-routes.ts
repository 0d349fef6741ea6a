import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept } from '../../../protocol/kit/parsed.ts'
import { parseScheduleBody, parseScheduleName, parseScheduleQuery } from '../../../protocol/schedules/parse-schedule.ts'
import type { QueryParameters } from '../../../protocol/kit/query-parameters.ts'
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
import type { MakeJobPorts } from '../../domain/submit/make-job.ts'
import type { ScheduleKey } from '../../domain/schedules/schedule-store.ts'
import { answer, refusal } from '../kit/rest-answer.ts'

type Ports = SchedulePorts & MakeJobPorts

interface ScheduleRouteRequest {
  readonly namespace: string
  readonly body: string
  readonly pathParameters: Readonly<Record<string, string>>
  readonly query: QueryParameters
}

type Answerer = (ports: Ports, request: ScheduleRouteRequest) => Promise<APIGatewayProxyResult>

/** What answers the routes of schedules. */
export const SCHEDULE_ANSWERERS = {
  'POST /schedules': create,
  'GET /schedules': list,
  'GET /schedules/{name}': about(readSchedule),
  'DELETE /schedules/{name}': remove,
  'POST /schedules/{name}/pause': about(pauseSchedule),
  'POST /schedules/{name}/resume': about(resumeSchedule),
} as const satisfies Record<string, Answerer>

async function create(ports: Ports, { namespace, body }: ScheduleRouteRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseScheduleBody(body)
  if (!parsed.ok) return refusal(parsed.error)
  const created = await createSchedule(ports, namespace, parsed.value)
  if (!created.ok) return refusal(created.error)
  const { schedule, existed } = created.value
  return answer(existed ? 200 : 201, { schedule } satisfies ScheduleAnswer)
}

async function list(ports: Ports, { namespace, query }: ScheduleRouteRequest): Promise<APIGatewayProxyResult> {
  const parsed = parseScheduleQuery(query)
  if (!parsed.ok) return refusal(parsed.error)
  return answer(200, (await listSchedules(ports, namespace, parsed.value)) satisfies SchedulesAnswer)
}

async function remove(ports: Ports, request: ScheduleRouteRequest): Promise<APIGatewayProxyResult> {
  const key = keyOf(request)
  if (!key.ok) return refusal(key.error)
  const removed = await deleteSchedule(ports, key.value)
  return removed.ok ? answer(204) : refusal(removed.error)
}

function about(useCase: (ports: Ports, key: ScheduleKey) => Promise<Parsed<Schedule>>): Answerer {
  return async (ports, request) => {
    const key = keyOf(request)
    if (!key.ok) return refusal(key.error)
    const schedule = await useCase(ports, key.value)
    return schedule.ok ? answer(200, { schedule: schedule.value } satisfies ScheduleAnswer) : refusal(schedule.error)
  }
}

function keyOf({ namespace, pathParameters }: ScheduleRouteRequest): Parsed<ScheduleKey> {
  const name = parseScheduleName(pathParameters['name'])
  return name.ok ? accept({ namespace, name: name.value }) : name
}
