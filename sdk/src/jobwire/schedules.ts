import type { TaskMap } from '../../../protocol/job/task.ts'
import type { Schedule, SchedulesAnswer } from '../../../protocol/schedules/schedule.ts'
import type { NewSchedule, ScheduleListOptions } from '../api/schedule-types.ts'
import type { Pages, TaskInput, TasksOf, WaitOptions } from '../api/types.ts'
import type { Client } from '../client/client.ts'
import { late } from '../client/late.ts'
import { bindMethods } from './bind-methods.ts'
import { pages } from './pages.ts'

/**
 * The schedules of the namespace, as `jobs.schedules`.
 *
 * @example
 * for await (const { name, nextRunAt } of jobs.schedules.list()) console.log(name, nextRunAt)
 */
export interface Schedules<T extends TasksOf<T> = TaskMap> extends Pick<SchedulesClient<T>, keyof SchedulesClient<T>> {}

/** The methods of `Schedules`. */
export class SchedulesClient<T extends TasksOf<T> = TaskMap> {
  readonly #client: Client

  /** @internal */
  constructor(client: Client) {
    this.#client = client
    bindMethods(this)
  }

  /**
   * Makes a schedule. Making the same one again changes nothing. A different one of that name rejects with
   * `SCHEDULE_EXISTS`.
   */
  async create<Name extends keyof T & string>(
    schedule: NewSchedule<Name, TaskInput<T[Name]>>,
    options?: WaitOptions,
  ): Promise<Schedule> {
    const { createSchedule } = await late(import('../calls/schedules.ts'))
    return createSchedule(this.#client, schedule, options)
  }

  /** A schedule, with its last and next run. */
  async get(name: string, options?: WaitOptions): Promise<Schedule> {
    const { getSchedule } = await late(import('../calls/schedules.ts'))
    return getSchedule(this.#client, name, options)
  }

  /** All schedules in the order of their names; awaited, one page. */
  list(options?: ScheduleListOptions): Pages<SchedulesAnswer, Schedule> {
    const part = () => late(import('../calls/schedules.ts'))
    return pages(
      async () => (await part()).listSchedulesPage(this.#client, options),
      async () => (await part()).listAllSchedules(this.#client, options),
    )
  }

  /** Pauses a schedule: it submits nothing until it is resumed. */
  async pause(name: string, options?: WaitOptions): Promise<Schedule> {
    const { pauseSchedule } = await late(import('../calls/schedules.ts'))
    return pauseSchedule(this.#client, name, options)
  }

  /** Resumes a paused schedule. Runs that it has missed are not made up for. */
  async resume(name: string, options?: WaitOptions): Promise<Schedule> {
    const { resumeSchedule } = await late(import('../calls/schedules.ts'))
    return resumeSchedule(this.#client, name, options)
  }

  /** Deletes a schedule. The jobs that it has submitted go on. */
  async delete(name: string, options?: WaitOptions): Promise<void> {
    const { deleteSchedule } = await late(import('../calls/schedules.ts'))
    return deleteSchedule(this.#client, name, options)
  }
}
