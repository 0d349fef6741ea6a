import type { Json } from '../../../protocol/job/job.ts'
import type { Parsed, Refusal } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'
import type { ParsedSchedule, ScheduleQuery } from '../../../protocol/schedules/parse-schedule.ts'
import type { Schedule, SchedulesAnswer } from '../../../protocol/schedules/schedule.ts'
import type { MakeJobPorts } from '../submit/make-job.ts'
import { makeJob } from '../submit/make-job.ts'
import { isSameJson } from '../job/same-work.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { ScheduleKey, ScheduleStore, StoredSchedule } from './schedule-store.ts'
import { mayRing } from './schedule-store.ts'
import type { ScheduleTimer } from './schedule-timer.ts'
import { nextRun, parseTiming } from './timing.ts'

export interface SchedulePorts {
  readonly schedules: ScheduleStore
  readonly timer: ScheduleTimer
}

type KeepPorts = SchedulePorts & Pick<MakeJobPorts, 'clock' | 'nextId'> & { readonly log: Log }

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
  const terms = { job: request.job, timing: timing.value, paused }
  const wanted = { namespace, name, ...terms, timerId: ports.nextId(), createdAt }
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
  return changeSchedule(ports, key, (schedule) => ports.schedules.pause(schedule))
}

/** Resumes a schedule. Runs that it has missed are not made up for. */
export function resumeSchedule(ports: KeepPorts, key: ScheduleKey): Promise<Parsed<Schedule>> {
  return changeSchedule(ports, key, (schedule) => ports.schedules.resume(schedule, ports.nextId()))
}

async function changeSchedule(
  ports: KeepPorts,
  key: ScheduleKey,
  change: (schedule: StoredSchedule) => Promise<StoredSchedule | undefined>,
): Promise<Parsed<Schedule>> {
  const schedule = await findSchedule(ports, key)
  if (!schedule.ok) return schedule
  const changed = await change(schedule.value)
  const present = changed && (await syncTimer(ports, changed))
  return present === undefined ? noSuchSchedule(key) : accept(toSchedule(present, ports.clock.now()))
}

/**
 * Starts or stops the timer as the schedule says, and returns the schedule as it is then. Whoever stored a change stops
 * the timer of the schedule before it, but that may have come before our start. So a timer that may not ring any more
 * is stopped again. If we crash before that, the timer is stopped when it rings.
 */
async function syncTimer(
  { schedules, timer }: SchedulePorts,
  schedule: StoredSchedule,
): Promise<StoredSchedule | undefined> {
  if (schedule.paused) await timer.stop(schedule)
  else await timer.start(schedule)
  const present = await schedules.read(schedule)
  if (!schedule.paused && !mayRing(schedule.timerId, present)) await timer.stop(schedule)
  return present?.createdAt === schedule.createdAt ? present : undefined
}

/** Deletes a schedule. Jobs that it has submitted go on. */
export async function deleteSchedule(ports: KeepPorts, key: ScheduleKey): Promise<Parsed<void>> {
  const schedule = await findSchedule(ports, key)
  if (!schedule.ok) return schedule
  // The entry first: a resume that starts the timer after our stop then sees that the schedule is gone.
  const removed = await ports.schedules.remove(schedule.value)
  if (removed !== undefined) await stopOrphan(ports, removed)
  return accept(undefined)
}

/** Never rejects: the schedule is gone, and a timer without a schedule is stopped when it rings. */
async function stopOrphan({ timer, log }: KeepPorts, schedule: StoredSchedule): Promise<void> {
  try {
    await timer.stop(schedule)
  } catch (error) {
    const { namespace, name } = schedule
    log('warn', 'The timer of a deleted schedule rings once more.', {
      namespace,
      schedule: name,
      ...errorFields(error),
    })
  }
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
