import type { Json } from '../../../protocol/job/job.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { ParsedSchedule, ScheduleQuery } from '../../../protocol/schedules/parse-schedule.ts'
import type { Schedule, SchedulesAnswer } from '../../../protocol/schedules/schedule.ts'
import type { MakeJobPorts } from '../submit/make-job.ts'
import { makeJob } from '../submit/make-job.ts'
import { isSameJson } from '../job/same-work.ts'
import type { ScheduleKey, ScheduleStore, StoredSchedule } from './schedule-store.ts'
import type { ScheduleTimer } from './schedule-timer.ts'
import { nextRun, readTiming } from './timing.ts'

export interface SchedulePorts {
  readonly schedules: ScheduleStore
  readonly timer: ScheduleTimer
}

const TIMER_TRIES = 4

type Ports = SchedulePorts & Pick<MakeJobPorts, 'clock'>

/**
 * Makes a schedule. The same one again is what is there already, and its timer is started once more, for the first
 * request may have ended between the two; another one under its name is refused.
 */
export async function createSchedule(
  ports: SchedulePorts & MakeJobPorts,
  namespace: string,
  request: ParsedSchedule,
): Promise<Parsed<{ readonly schedule: Schedule; readonly existed: boolean }>> {
  const createdAt = ports.clock.now()
  const timing = readTiming(request, createdAt)
  if (!timing.ok) return timing
  // A task that does not exist, or an input that it refuses, is told now and not at three in the morning.
  const job = await makeJob(ports, namespace, request.job, '')
  if (!job.ok) return job
  const { name, paused } = request
  const wanted = { namespace, name, job: request.job, timing: timing.value, paused, createdAt }
  const present = await ports.schedules.insert(wanted)
  const schedule = present ?? wanted
  if (!isSameJson(definitionOf(schedule), definitionOf(wanted))) {
    const message = `There is another schedule "${name}". Delete it first, or choose another name.`
    return refuse('SCHEDULE_EXISTS', message, 'name')
  }
  if (!schedule.paused) await setTimer(ports, schedule)
  return accept({ schedule: show(schedule, createdAt), existed: present !== undefined })
}

export async function readSchedule(ports: Ports, key: ScheduleKey): Promise<Parsed<Schedule>> {
  const schedule = await find(ports, key)
  return schedule.ok ? accept(show(schedule.value, ports.clock.now())) : schedule
}

export async function listSchedules(ports: Ports, namespace: string, query: ScheduleQuery): Promise<SchedulesAnswer> {
  const now = ports.clock.now()
  const { limit } = query
  // One more than asked for says whether there are more.
  const found = await ports.schedules.list(namespace, { ...query, limit: limit + 1 })
  const schedules = found.slice(0, limit).map((schedule) => show(schedule, now))
  return found.length > limit ? { schedules, next: schedules.at(-1)!.name } : { schedules }
}

/** Puts a schedule to rest. What it has submitted goes on. */
export function pauseSchedule(ports: Ports, key: ScheduleKey): Promise<Parsed<Schedule>> {
  return setPaused(ports, key, true)
}

/** Wakes a schedule. What it has missed is not made up for. */
export function resumeSchedule(ports: Ports, key: ScheduleKey): Promise<Parsed<Schedule>> {
  return setPaused(ports, key, false)
}

async function setPaused(ports: Ports, key: ScheduleKey, paused: boolean): Promise<Parsed<Schedule>> {
  const schedule = await find(ports, key)
  if (!schedule.ok) return schedule
  const changed = await ports.schedules.setPaused(schedule.value, paused)
  if (changed === undefined) return notFound(key)
  const settled = await setTimer(ports, changed)
  return settled === undefined ? notFound(key) : accept(show(settled, ports.clock.now()))
}

/**
 * Has the timer follow what is stored, and returns that. It is looked at once more afterwards: where somebody else has
 * paused, resumed or deleted the schedule meanwhile, their change to the timer may have come before ours.
 */
async function setTimer(
  { schedules, timer }: SchedulePorts,
  schedule: StoredSchedule,
): Promise<StoredSchedule | undefined> {
  let seen = schedule
  for (let attempt = 0; attempt < TIMER_TRIES; attempt++) {
    if (seen.paused) await timer.stop(seen)
    else await timer.start(seen)
    const present = await schedules.read(seen)
    if (present?.createdAt !== seen.createdAt) {
      await timer.stop(seen)
      return undefined
    }
    if (present.paused === seen.paused) return present
    seen = present
  }
  return seen
}

/** Removes a schedule. What it has submitted goes on. */
export async function deleteSchedule(ports: Ports, key: ScheduleKey): Promise<Parsed<void>> {
  const schedule = await find(ports, key)
  if (!schedule.ok) return schedule
  // In this order: a timer without a schedule would ring for nothing, and nobody could stop it.
  await ports.timer.stop(schedule.value)
  await ports.schedules.remove(schedule.value)
  return accept(undefined)
}

async function find({ schedules }: Ports, key: ScheduleKey): Promise<Parsed<StoredSchedule>> {
  const schedule = await schedules.read(key)
  return schedule === undefined ? notFound(key) : accept(schedule)
}

function notFound({ name }: ScheduleKey): Extract<Parsed<never>, { ok: false }> {
  return refuse('SCHEDULE_NOT_FOUND', `There is no schedule "${name}". GET /schedules lists those that are.`, 'name')
}

/** What makes two requests the same: what is run, and when. Both came as JSON. */
function definitionOf({ job, timing }: Pick<StoredSchedule, 'job' | 'timing'>): Json {
  return { ...job, timing } as unknown as Json
}

function show(schedule: StoredSchedule, now: number): Schedule {
  const { name, job, timing, paused, createdAt, lastRunAt, lastJobId, lastError } = schedule
  const nextRunAt = paused ? undefined : nextRun(timing, createdAt, now)
  return {
    name,
    ...('cron' in timing ? timing : { every: timing.everyMs }),
    paused,
    createdAt,
    ...(nextRunAt === undefined ? {} : { nextRunAt }),
    ...(lastRunAt === undefined ? {} : { lastRunAt }),
    ...(lastJobId === undefined ? {} : { lastJobId }),
    ...(lastError === undefined ? {} : { lastError }),
    ...job,
  }
}
