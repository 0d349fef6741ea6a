import type {
  NewSchedule,
  ScheduleKey,
  ScheduleStore,
  StoredSchedule,
  Timer,
} from '../../../lambdas/domain/schedules/ports.ts'

/** The schedules in memory. */
export class MemorySchedules implements ScheduleStore {
  readonly stored = new Map<string, StoredSchedule>()

  async insert(schedule: NewSchedule): Promise<StoredSchedule | undefined> {
    const present = this.stored.get(keyOf(schedule))
    if (present === undefined) this.stored.set(keyOf(schedule), schedule)
    return present
  }

  async read(key: ScheduleKey): Promise<StoredSchedule | undefined> {
    return this.stored.get(keyOf(key))
  }

  async list(namespace: string, { after = '', limit }: { after?: string; limit: number }): Promise<StoredSchedule[]> {
    return [...this.stored.values()]
      .filter((schedule) => schedule.namespace === namespace && schedule.name > after)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, limit)
  }

  async setPaused(schedule: StoredSchedule, paused: boolean): Promise<StoredSchedule | undefined> {
    return this.#change(schedule, { paused })
  }

  async noteRun(
    schedule: StoredSchedule,
    { runAt, jobId, error }: Parameters<ScheduleStore['noteRun']>[1],
  ): Promise<void> {
    const { lastJobId: _job, lastError: _error, ...rest } = this.stored.get(keyOf(schedule)) ?? schedule
    if ((rest.lastRunAt ?? 0) > runAt) return
    const result = jobId === undefined ? { lastError: error! } : { lastJobId: jobId }
    this.stored.set(keyOf(schedule), { ...rest, lastRunAt: runAt, ...result })
  }

  async remove(schedule: StoredSchedule): Promise<void> {
    this.stored.delete(keyOf(schedule))
  }

  #change(schedule: StoredSchedule, change: Partial<StoredSchedule>): StoredSchedule | undefined {
    const present = this.stored.get(keyOf(schedule))
    if (present === undefined) return undefined
    const changed = { ...present, ...change }
    this.stored.set(keyOf(schedule), changed)
    return changed
  }
}

/** Notes what is started and stopped. */
export class MemoryTimer implements Timer {
  readonly calls: string[] = []

  async start({ name }: NewSchedule): Promise<void> {
    this.calls.push(`start ${name}`)
  }

  async stop({ name }: NewSchedule): Promise<void> {
    this.calls.push(`stop ${name}`)
  }
}

function keyOf({ namespace, name }: ScheduleKey): string {
  return `${namespace}#${name}`
}
