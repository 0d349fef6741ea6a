import type { Ring } from '../../../lambdas/domain/schedules/run-schedule.ts'
import type { NewSchedule, ScheduleKey, ScheduleRun } from '../../../lambdas/domain/schedules/ports.ts'
import type { ScheduleStore, StoredSchedule, Timer } from '../../../lambdas/domain/schedules/ports.ts'
import { nextRun } from '../../../lambdas/domain/schedules/timing.ts'
import type { Timers } from '../time/timers.ts'

/** The schedules of one namespace in memory, and what rings at their times. */
export class MemorySchedules implements ScheduleStore, Timer {
  readonly #stored = new Map<string, StoredSchedule>()
  readonly #alarms = new Map<string, () => void>()
  readonly #timers: Timers
  readonly #ring: (ring: Ring) => void

  constructor(timers: Timers, ring: (ring: Ring) => void) {
    this.#timers = timers
    this.#ring = ring
  }

  async insert(schedule: NewSchedule): Promise<StoredSchedule | undefined> {
    const present = this.#stored.get(schedule.name)
    if (present === undefined) this.#stored.set(schedule.name, schedule)
    return present
  }

  async read({ name }: ScheduleKey): Promise<StoredSchedule | undefined> {
    return this.#stored.get(name)
  }

  async list(_namespace: string, { after = '', limit }: { after?: string; limit: number }): Promise<StoredSchedule[]> {
    const names = [...this.#stored.keys()].filter((name) => name > after).sort()
    return names.slice(0, limit).map((name) => this.#stored.get(name)!)
  }

  async setPaused({ name }: StoredSchedule, paused: boolean): Promise<StoredSchedule | undefined> {
    const present = this.#stored.get(name)
    if (present === undefined) return undefined
    const changed = { ...present, paused }
    this.#stored.set(name, changed)
    return changed
  }

  async noteRun({ name, createdAt }: StoredSchedule, { runAt, jobId, error }: ScheduleRun): Promise<void> {
    const present = this.#stored.get(name)
    if (present?.createdAt !== createdAt) return
    const { lastJobId: _job, lastError: _error, ...rest } = present
    const result = {
      ...(jobId !== undefined && { lastJobId: jobId }),
      ...(error !== undefined && { lastError: error }),
    }
    this.#stored.set(name, { ...rest, lastRunAt: runAt, ...result })
  }

  async remove({ name }: StoredSchedule): Promise<void> {
    this.#stored.delete(name)
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
