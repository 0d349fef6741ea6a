import type {
  NewSchedule,
  ScheduleKey,
  ScheduleRun,
  ScheduleStore,
  StoredSchedule,
} from '../../../lambdas/domain/schedules/schedule-store.ts'

/** The schedules in memory, for the test client and for unit tests. */
export class MemoryScheduleStore implements ScheduleStore {
  readonly #schedules = new Map<string, StoredSchedule>()

  async insert(schedule: NewSchedule): Promise<StoredSchedule | undefined> {
    const present = await this.read(schedule)
    if (present === undefined) this.#schedules.set(scheduleKey(schedule), schedule)
    return present
  }

  async read(key: ScheduleKey): Promise<StoredSchedule | undefined> {
    return this.#schedules.get(scheduleKey(key))
  }

  async list(namespace: string, { after = '', limit }: { after?: string; limit: number }): Promise<StoredSchedule[]> {
    return [...this.#schedules.values()]
      .filter((schedule) => schedule.namespace === namespace && schedule.name > after)
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .slice(0, limit)
  }

  async pause(schedule: StoredSchedule): Promise<StoredSchedule | undefined> {
    const present = this.#present(schedule)
    return present && this.#put({ ...present, paused: true })
  }

  async resume(schedule: StoredSchedule, timerId: string): Promise<StoredSchedule | undefined> {
    const present = this.#present(schedule)
    return present?.paused === true ? this.#put({ ...present, paused: false, timerId }) : present
  }

  async noteRun(schedule: StoredSchedule, { runAt, jobId, error }: ScheduleRun): Promise<void> {
    const present = this.#present(schedule)
    if (present === undefined || (present.lastRunAt ?? 0) > runAt) return
    const { lastJobId: _job, lastError: _error, ...rest } = present
    const result = {
      ...(jobId !== undefined && { lastJobId: jobId }),
      ...(error !== undefined && { lastError: error }),
    }
    this.#put({ ...rest, lastRunAt: runAt, ...result })
  }

  async remove(schedule: StoredSchedule): Promise<StoredSchedule | undefined> {
    const present = this.#present(schedule)
    if (present !== undefined) this.#schedules.delete(scheduleKey(schedule))
    return present
  }

  #put(schedule: StoredSchedule): StoredSchedule {
    this.#schedules.set(scheduleKey(schedule), schedule)
    return schedule
  }

  /** Returns undefined if the name belongs to another schedule by now, or to none. */
  #present(schedule: StoredSchedule): StoredSchedule | undefined {
    const present = this.#schedules.get(scheduleKey(schedule))
    return present?.createdAt === schedule.createdAt ? present : undefined
  }
}

function scheduleKey({ namespace, name }: ScheduleKey): string {
  return `${namespace}#${name}`
}
