import type { Ring, RunSchedulePorts } from '../../domain/schedules/run-schedule.ts'
import { runSchedule } from '../../domain/schedules/run-schedule.ts'

/** Handles the events of EventBridge Scheduler. After an error, Lambda tries twice more. */
export function createScheduledHandler(ports: RunSchedulePorts): (event: Ring) => Promise<void> {
  return (event) => runSchedule(ports, event)
}
