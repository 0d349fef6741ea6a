import type { Json } from '../../../protocol/job/job.ts'
import type { Parsed, Refusal } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { ParsedSchedule, ScheduleQuery } from '../../../protocol/schedules/parse-schedule.ts'
import type { Schedule, SchedulesAnswer } from '../../../protocol/schedules/schedule.ts'
import type { MakeJobPorts } from '../submit/make-job.ts'
import { makeJob } from '../submit/make-job.ts'
import { isSameJson } from '../job/same-work.ts'
import type { ScheduleKey, ScheduleStore, StoredSchedule } from './schedule-store.ts'
import type { ScheduleTimer } from './schedule-timer.ts'
import { nextRun, parseTiming } from './timing.ts'

export interface SchedulePorts {
  readonly schedules: ScheduleStore
  readonly timer: ScheduleTimer
}

const TIMER_TRIES = 4

type KeepPorts = SchedulePorts & Pick<MakeJobPorts, 'clock'>

/**
 * Creates a schedule. For the same schedule again it returns the one that exists, and starts its timer once more: the
 * first request may have ended between the two. Refuses another schedule under the same name.
 */
export async function createSchedule(
  ports: SchedulePorts & MakeJobPorts,
  namespace: string,
  request: ParsedSchedule,
): Promise<Parsed<{ readonly schedule: Schedule; readonly existed: boolean }>> {
  const createdAt = ports.clock.now()
  const timing = parseTiming(request, createdAt)
  if (!timing.ok) return timing
  // Refuses an unknown task or an invalid input now, and not at three in the morning.
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
  if (!schedule.paused) await syncTimer(ports, schedule)
  return accept({ schedule: toSchedule(schedule, createdAt), existed: present !== undefined })
}

export async function readSchedule(ports: KeepPorts, key: ScheduleKey): Promise<Parsed<Schedule>> {
  const schedule = await findSchedule(ports, key)
  return schedule.ok ? accept(toSchedule(schedule.value, ports.clock.now())) : schedule
}

export async function listSchedules(
  ports: KeepPorts,
  namespace: string,
  query: ScheduleQuery,
): Promise<SchedulesAnswer> {
  const now = ports.clock.now()
  const { limit } = query
  // Reads one more than asked for, to learn whether there are more.
  const found = await ports.schedules.list(namespace, { ...query, limit: limit + 1 })
  const schedules = found.slice(0, limit).map((schedule) => toSchedule(schedule, now))
  return found.length > limit ? { schedules, next: schedules.at(-1)!.name } : { schedules }
}

/** Pauses a schedule. Jobs that it has submitted go on. */
export function pauseSchedule(ports: KeepPorts, key: ScheduleKey): Promise<Parsed<Schedule>> {
  return setPaused(ports, key, true)
}

/** Resumes a schedule. Runs that it has missed are not made up for. */
export function resumeSchedule(ports: KeepPorts, key: ScheduleKey): Promise<Parsed<Schedule>> {
  return setPaused(ports, key, false)
}

async function setPaused(ports: KeepPorts, key: ScheduleKey, paused: boolean): Promise<Parsed<Schedule>> {
  const schedule = await findSchedule(ports, key)
  if (!schedule.ok) return schedule
  const changed = await ports.schedules.setPaused(schedule.value, paused)
  if (changed === undefined) return noSuchSchedule(key)
  const settled = await syncTimer(ports, changed)
  return settled === undefined ? noSuchSchedule(key) : accept(toSchedule(settled, ports.clock.now()))
}

/**
 * Starts or stops the timer as the stored schedule says, and returns that schedule. Reads it once more afterwards: if
 * somebody else has paused, resumed or deleted it meanwhile, their change to the timer may have come before ours.
 */
async function syncTimer(
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

/** Deletes a schedule. Jobs that it has submitted go on. */
export async function deleteSchedule(ports: KeepPorts, key: ScheduleKey): Promise<Parsed<void>> {
  const schedule = await findSchedule(ports, key)
  if (!schedule.ok) return schedule
  // The timer first: a timer without a schedule would ring for nothing, and nobody could stop it.
  await ports.timer.stop(schedule.value)
  await ports.schedules.remove(schedule.value)
  return accept(undefined)
}

async function findSchedule({ schedules }: KeepPorts, key: ScheduleKey): Promise<Parsed<StoredSchedule>> {
  const schedule = await schedules.read(key)
  return schedule === undefined ? noSuchSchedule(key) : accept(schedule)
}

function noSuchSchedule({ name }: ScheduleKey): Refusal {
  return refuse('SCHEDULE_NOT_FOUND', `There is no schedule "${name}". GET /schedules lists all of them.`, 'name')
}

/** The job and the times: two requests for a schedule are the same if these are. Both came as JSON. */
function definitionOf({ job, timing }: Pick<StoredSchedule, 'job' | 'timing'>): Json {
  return { ...job, timing } as unknown as Json
}

function toSchedule(schedule: StoredSchedule, now: number): Schedule {
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
