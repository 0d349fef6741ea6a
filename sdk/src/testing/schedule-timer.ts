import type { NewSchedule } from '../../../lambdas/domain/schedules/schedule-store.ts'
import type { ScheduleTimer, TimerKey } from '../../../lambdas/domain/schedules/schedule-timer.ts'
import type { Ring } from '../../../lambdas/domain/schedules/run-schedule.ts'
import { nextRun } from '../../../lambdas/domain/schedules/timing.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** Rings at the times of the schedules of one namespace. */
export class MemoryScheduleTimer implements ScheduleTimer {
  readonly #alarms = new Map<string, () => void>()
  readonly #clock: Clock
  readonly #ring: (ring: Ring) => void

  constructor(clock: Clock, ring: (ring: Ring) => void) {
    this.#clock = clock
    this.#ring = ring
  }

  async start(schedule: NewSchedule): Promise<void> {
    if (!this.#alarms.has(schedule.timerId)) this.#setAlarm(schedule, this.#clock.now())
  }

  async stop({ timerId }: TimerKey): Promise<void> {
    this.#alarms.get(timerId)?.()
    this.#alarms.delete(timerId)
  }

  #setAlarm(schedule: NewSchedule, afterMs: number): void {
    const { namespace, name, timing, timerId, createdAt } = schedule
    const at = nextRun(timing, createdAt, afterMs)
    if (at === undefined) return void this.#alarms.delete(timerId)
    const cancel = this.#clock.after(at - this.#clock.now(), () => {
      this.#setAlarm(schedule, at)
      this.#ring({ namespace, name, timerId, time: new Date(at).toISOString().replace('.000Z', 'Z') })
    })
    this.#alarms.set(timerId, cancel)
  }
}
