import type { NewSchedule } from '../../../lambdas/domain/schedules/schedule-store.ts'
import type { ScheduleTimer } from '../../../lambdas/domain/schedules/schedule-timer.ts'

/** Notes which timers are started and stopped. */
export class FakeTimer implements ScheduleTimer {
  readonly calls: string[] = []

  async start({ name }: NewSchedule): Promise<void> {
    this.calls.push(`start ${name}`)
  }

  async stop({ name }: NewSchedule): Promise<void> {
    this.calls.push(`stop ${name}`)
  }
}
