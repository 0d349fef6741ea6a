import type { NewSchedule } from '../../../lambdas/domain/schedules/schedule-store.ts'
import type { ScheduleTimer, TimerKey } from '../../../lambdas/domain/schedules/schedule-timer.ts'

/** Notes which timers are started and stopped. */
export class FakeTimer implements ScheduleTimer {
  readonly calls: string[] = []
  /** The timer that was started last. */
  timerId = ''

  async start({ name, timerId }: NewSchedule): Promise<void> {
    this.timerId = timerId
    this.calls.push(`start ${name}`)
  }

  async stop({ name }: TimerKey): Promise<void> {
    this.calls.push(`stop ${name}`)
  }
}
