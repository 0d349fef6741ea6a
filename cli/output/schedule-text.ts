import type { Schedule } from '@jobwire/sdk'
import type { Cell } from './table.ts'
import { renderDuration, renderTime } from './time.ts'

/** Renders the times of a schedule, like `every 1h` or `0 3 * * ? * Europe/Berlin`. */
function renderTiming({ cron, every, timezone }: Schedule): string {
  if (cron === undefined) return `every ${typeof every === 'number' ? renderDuration(every) : every}`
  return timezone === undefined || timezone === 'UTC' ? cron : `${cron} ${timezone}`
}

export const SCHEDULE_HEADINGS = ['NAME', 'TASK', 'WHEN', 'NEXT RUN', 'LAST RUN', 'LAST JOB']

export function scheduleRow(schedule: Schedule, nowMs: number): Cell[] {
  const { name, task, paused, nextRunAt, lastRunAt, lastJobId, lastError } = schedule
  const next = paused ? { text: 'paused', colour: 'yellow' as const } : renderTime(nextRunAt, nowMs) || 'never'
  const last = lastError === undefined ? lastJobId : { text: lastError.code, colour: 'red' as const }
  return [name, task, renderTiming(schedule), next, renderTime(lastRunAt, nowMs), last ?? '']
}
