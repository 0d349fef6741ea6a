import type { Clock } from '../../clock.ts'
import { type HeapEntry, TimeHeap } from '../sqs/time-heap.ts'
import { readExpression } from './expression.ts'
import type { Schedule } from './schedule.ts'
import { scheduleKey, type ScheduleStore } from './schedule-store.ts'

/** Hands one run to its target. Rejects if it should be tried again. */
export type Deliver = (schedule: Schedule, run: { readonly dueMs: number; readonly attempt: number }) => Promise<void>

/** A run that its target never took. */
export interface DroppedRun {
  readonly dueMs: number
  readonly attempts: number
  /** The limit of the retry policy that is reached. */
  readonly limit: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds'
  readonly reason: unknown
}

export interface EngineOptions {
  readonly clock: Clock
  readonly store: ScheduleStore
  readonly deliver: Deliver
  /** Called for a run that its target never took. */
  readonly dropped: (schedule: Schedule, run: DroppedRun) => void
}

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 15 * 60_000

/**
 * Runs schedules on a clock, each at the second it is due. A run is recorded only once its target has it, so if the
 * process is killed before, the run comes again: at least once. Of several runs that were missed while no process ran,
 * only the first is made up for.
 */
export class SchedulerEngine {
  readonly #options: EngineOptions
  readonly #due = new TimeHeap<string>()
  readonly #entries = new Map<string, HeapEntry<string>>()
  readonly #waits = new Set<() => void>()
  #cancelAlarm: (() => void) | undefined
  #closed = false

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Called when a schedule is new, changed or gone: finds out again when it is due. */
  refresh(schedule: Schedule): void {
    const stored = this.#options.store.get(schedule.group, schedule.name)
    this.#plan(scheduleKey(schedule), stored && first(stored))
    this.#setAlarm()
  }

  close(): void {
    this.#closed = true
    this.#cancelAlarm?.()
    for (const cancel of this.#waits) cancel()
  }

  #plan(key: string, dueMs: number | undefined): void {
    const present = this.#entries.get(key)
    if (present !== undefined) this.#due.remove(present)
    this.#entries.delete(key)
    if (dueMs !== undefined) this.#entries.set(key, this.#due.add(key, dueMs))
  }

  #setAlarm(): void {
    this.#cancelAlarm?.()
    const earliest = this.#due.peek()
    if (earliest === undefined || this.#closed) return
    const { clock } = this.#options
    this.#cancelAlarm = clock.after(Math.max(0, earliest.time - clock.now()), () => this.#ring())
  }

  #ring(): void {
    const { clock, store } = this.#options
    const now = clock.now()
    for (let earliest = this.#due.peek(); earliest !== undefined; earliest = this.#due.peek()) {
      if (earliest.time > now) break
      const [group, name] = earliest.item.split('/') as [string, string]
      const schedule = store.get(group, name)!
      const dueMs = earliest.time
      const next = following(schedule, Math.max(dueMs, now - 1))
      this.#plan(earliest.item, next)
      void this.#run(schedule, dueMs, next === undefined)
    }
    this.#setAlarm()
  }

  async #run(schedule: Schedule, dueMs: number, isLast: boolean): Promise<void> {
    await this.#deliver(schedule, dueMs)
    const { store } = this.#options
    const stored = store.get(schedule.group, schedule.name)
    // It was deleted or changed meanwhile, so the stored schedule is not the one that ran.
    if (this.#closed || stored?.modifiedMs !== schedule.modifiedMs) return
    if (isLast && schedule.actionAfterCompletion === 'DELETE') store.remove(stored)
    else store.put({ ...stored, ranMs: Math.max(dueMs, stored.ranMs ?? 0) })
  }

  async #deliver(schedule: Schedule, dueMs: number): Promise<void> {
    const { clock, deliver, dropped } = this.#options
    const { maxRetries, maxAgeMs } = schedule.target
    for (let attempt = 1; !this.#closed; attempt++) {
      try {
        return await deliver(schedule, { dueMs, attempt })
      } catch (error) {
        if (this.#closed) return
        const waitMs = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS)
        const isOld = clock.now() + waitMs > dueMs + maxAgeMs
        if (isOld || attempt > maxRetries) {
          const limit = attempt > maxRetries ? 'MaximumRetryAttempts' : 'MaximumEventAgeInSeconds'
          return dropped(schedule, { dueMs, attempts: attempt, limit, reason: error })
        }
        await this.#wait(waitMs)
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waits.delete(stop)
        resolve()
      }
      const cancelAlarm = this.#options.clock.after(ms, done)
      const stop = (): void => {
        cancelAlarm()
        done()
      }
      this.#waits.add(stop)
    })
  }
}

function first(schedule: Schedule): number | undefined {
  if (schedule.state === 'DISABLED') return undefined
  const expression = readExpression(schedule.expression, schedule.timezone)
  // A time that had passed before the schedule was made is made up for at once.
  if (expression.kind === 'at') return schedule.ranMs === undefined ? expression.atMs : undefined
  // A run at the very moment of the change counts.
  return following(schedule, schedule.ranMs ?? schedule.modifiedMs - 1)
}

function following(schedule: Schedule, afterMs: number): number | undefined {
  const expression = readExpression(schedule.expression, schedule.timezone)
  if (expression.kind === 'at') return undefined
  const { startMs = schedule.modifiedMs, endMs } = schedule
  const next =
    expression.kind === 'rate'
      ? nextOfRate(expression.everyMs, startMs, afterMs)
      : expression.cron.next(Math.max(afterMs, startMs - 1), expression.zone)
  return next === undefined || (endMs !== undefined && next > endMs) ? undefined : next
}

/** The first run of a rate is at its start, or at once if it has none. */
function nextOfRate(everyMs: number, firstMs: number, afterMs: number): number {
  if (afterMs < firstMs) return firstMs
  return firstMs + (Math.floor((afterMs - firstMs) / everyMs) + 1) * everyMs
}
