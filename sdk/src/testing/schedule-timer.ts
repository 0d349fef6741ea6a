import type { NewSchedule } from '../../../lambdas/domain/schedules/schedule-store.ts'
import type { ScheduleTimer } from '../../../lambdas/domain/schedules/schedule-timer.ts'
import type { Ring } from '../../../lambdas/domain/schedules/run-schedule.ts'
import { nextRun } from '../../../lambdas/domain/schedules/timing.ts'
import type { Timers } from '../time/timers.ts'

/** Rings at the times of the schedules of one namespace. */
export class MemoryScheduleTimer implements ScheduleTimer {
  readonly #alarms = new Map<string, () => void>()
  readonly #timers: Timers
  readonly #ring: (ring: Ring) => void

  constructor(timers: Timers, ring: (ring: Ring) => void) {
    this.#timers = timers
    this.#ring = ring
  }

  async start(schedule: NewSchedule): Promise<void> {
    if (!this.#alarms.has(schedule.name)) this.#setAlarm(schedule, this.#timers.now())
  }

  async stop({ name }: NewSchedule): Promise<void> {
    this.#alarms.get(name)?.()
    this.#alarms.delete(name)
  }

  #setAlarm(schedule: NewSchedule, afterMs: number): void {
    const { namespace, name, timing, createdAt } = schedule
    const at = nextRun(timing, createdAt, afterMs)
    if (at === undefined) return void this.#alarms.delete(name)
    const cancel = this.#timers.after(at - this.#timers.now(), () => {
      this.#setAlarm(schedule, at)
      this.#ring({ namespace, name, createdAt, time: new Date(at).toISOString().replace('.000Z', 'Z') })
    })
    this.#alarms.set(name, cancel)
  }
}
