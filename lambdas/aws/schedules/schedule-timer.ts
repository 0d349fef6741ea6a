import type { Ring } from '../../domain/schedules/run-schedule.ts'
import type { NewSchedule } from '../../domain/schedules/schedule-store.ts'
import type { ScheduleTimer, TimerKey } from '../../domain/schedules/schedule-timer.ts'
import { nextRun } from '../../domain/schedules/timing.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import {
  deleteTimer,
  ensureTimer,
  type NewTimer,
  type SchedulerGroup,
  timerName,
  type TimerGroup,
} from '../queue/scheduler-group.ts'

export interface ScheduleTimerOptions extends SchedulerGroup {
  /** The function that submits the job of a schedule. */
  readonly functionArn: string
  readonly clock: Clock
}

/** Creates one schedule of EventBridge Scheduler for each schedule of the platform. A paused schedule has none. */
export function createScheduleTimer(options: ScheduleTimerOptions): ScheduleTimer {
  return {
    async start(schedule) {
      const { namespace, name, timerId } = schedule
      const ring: Ring = { namespace, name, timerId, time: '<aws.scheduler.scheduled-time>' }
      await ensureTimer(options, {
        name: await scheduleTimerName(schedule),
        ...timerTimes(schedule, options.clock.now()),
        targetArn: options.functionArn,
        input: JSON.stringify(ring),
      })
    },

    ...createTimerStop(options),
  }
}

/** Stops timers, for a function that starts none. */
export function createTimerStop(group: TimerGroup): Pick<ScheduleTimer, 'stop'> {
  return { stop: async (timer) => deleteTimer(group, await scheduleTimerName(timer)) }
}

function timerTimes(
  { timing, createdAt }: NewSchedule,
  now: number,
): Pick<NewTimer, 'expression' | 'timezone' | 'startAt'> {
  if ('cron' in timing) return { expression: `cron(${timing.cron})`, timezone: timing.timezone }
  // A rate runs for the first time at its start, and without a start at once.
  const startAt = nextRun(timing, createdAt, now)!
  return { expression: `rate(${rateText(timing.everyMs / 60_000)})`, startAt }
}

function rateText(minutes: number): string {
  return minutes === 1 ? '1 minute' : `${minutes} minutes`
}

function scheduleTimerName({ namespace, name, timerId }: TimerKey): Promise<string> {
  return timerName('schedule', [namespace, name, timerId])
}
