import type { NewSchedule, Timer } from '../../../lambdas/domain/schedules/ports.ts'

/** Notes which timers are started and stopped. */
export class FakeTimer implements Timer {
  readonly calls: string[] = []

  async start({ name }: NewSchedule): Promise<void> {
    this.calls.push(`start ${name}`)
  }

  async stop({ name }: NewSchedule): Promise<void> {
    this.calls.push(`stop ${name}`)
  }
}
