import type { Ring } from '../../domain/schedules/run-schedule.ts'
import { runSchedule } from '../../domain/schedules/run-schedule.ts'

/** Handles the events of EventBridge Scheduler. After an error, Lambda tries twice more. */
export function createScheduledHandler(ports: Parameters<typeof runSchedule>[0]): (event: Ring) => Promise<void> {
  return (event) => runSchedule(ports, event)
}
