import { ID_PATTERN } from '../../../protocol/job/id.ts'
import type { Schedule, ScheduleAnswer, SchedulesAnswer } from '../../../protocol/schedules/schedule.ts'
import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { checkOptions, SUBMIT_OPTIONS, WAIT_OPTIONS } from '../api/input.ts'
import type { NewSchedule, ScheduleListOptions } from '../api/schedule-types.ts'
import type { WaitOptions } from '../api/types.ts'
import { remove } from './delete.ts'
import { eachPage, PAGE_OPTIONS } from './each-page.ts'
import { listQuery } from './query.ts'
import { encodePlain, request } from './request.ts'

const SCHEDULE_FIELDS = [
  ...['name', 'task', 'input', 'cron', 'timezone', 'every', 'paused'],
  ...SUBMIT_OPTIONS.filter((name) => !WAIT_OPTIONS.includes(name)),
]

export async function createSchedule(client: Client, wanted: NewSchedule, options?: WaitOptions): Promise<Schedule> {
  checkOptions(wanted ?? null, SCHEDULE_FIELDS)
  const { input, runTimeout, ...fields } = wanted
  const body = encodePlain('The schedule', { ...fields, timeout: runTimeout, input })
  return (await request<ScheduleAnswer>(client, 'POST', '/schedules', options, { body })).schedule
}

export function getSchedule(client: Client, name: string, options?: WaitOptions): Promise<Schedule> {
  return askForSchedule(client, 'GET', schedulePath(name), options)
}

export function pauseSchedule(client: Client, name: string, options?: WaitOptions): Promise<Schedule> {
  return askForSchedule(client, 'POST', `${schedulePath(name)}/pause`, options)
}

export function resumeSchedule(client: Client, name: string, options?: WaitOptions): Promise<Schedule> {
  return askForSchedule(client, 'POST', `${schedulePath(name)}/resume`, options)
}

export async function deleteSchedule(client: Client, name: string, options?: WaitOptions): Promise<void> {
  await remove(client, schedulePath(name), 'SCHEDULE_NOT_FOUND', options)
}

export async function listSchedulesPage(client: Client, options: ScheduleListOptions = {}): Promise<SchedulesAnswer> {
  checkOptions(options, PAGE_OPTIONS)
  const { timeout, signal } = options
  return request(client, 'GET', `/schedules${listQuery(options)}`, { timeout, signal })
}

export function listAllSchedules(
  client: Client,
  options: ScheduleListOptions = {},
): AsyncGenerator<Schedule, void, undefined> {
  return eachPage(
    options,
    (each) => listSchedulesPage(client, each),
    ({ schedules }) => schedules,
  )
}

function schedulePath(name: string): string {
  if (typeof name === 'string' && ID_PATTERN.test(name)) return `/schedules/${encodeURIComponent(name)}`
  throw new JobwireError('INVALID_OPTION', 'A schedule name consists of 1 to 128 letters, digits and . _ : -.')
}

async function askForSchedule(client: Client, method: string, path: string, options?: WaitOptions): Promise<Schedule> {
  return (await request<ScheduleAnswer>(client, method, path, options)).schedule
}
