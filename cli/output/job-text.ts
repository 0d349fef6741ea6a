import type { JobRecord, JobStatus, JobUpdate } from '@jobwire/sdk'
import type { Colour } from './colours.ts'
import type { Output } from './output.ts'
import { renderDuration, renderTime } from './time.ts'

export const STATUS_COLOURS: Readonly<Record<JobStatus, Colour>> = {
  pending: 'yellow',
  running: 'cyan',
  success: 'green',
  failed: 'red',
  cancelled: 'gray',
}

/** The lines that show a whole record to people. */
export function renderRecord(output: Output, job: JobRecord, nowMs: number): string[] {
  const rows: [string, string | undefined][] = [
    ['id', job.id],
    ['task', job.task],
    ['status', output.paint(job.status, STATUS_COLOURS[job.status])],
    ['priority', job.priority],
    ['queue', job.queue],
    ['failed runs', job.attempts > 0 ? String(job.attempts) : undefined],
    ['submitted', renderTime(job.createdAt, nowMs)],
    ['due', job.dueAt === undefined ? undefined : renderTime(job.dueAt, nowMs)],
    ['started', renderTime(job.startedAt, nowMs)],
    ['finished', renderTime(job.finishedAt, nowMs)],
    ['ran for', runTime(job)],
    ['expires', renderTime(job.expiresAt, nowMs)],
    ['key', job.idempotencyKey],
    ['tags', job.tags?.join(', ')],
    ['metadata', job.metadata && JSON.stringify(job.metadata)],
    ['webhook', job.webhook?.url],
    ['progress', renderProgress(job)],
    ['input', job.inputOmitted ? '(too large to show)' : JSON.stringify(job.input)],
    ['output', job.status === 'success' ? JSON.stringify(job.output ?? null) : undefined],
    ['error', job.error && `${output.paint(job.error.code, 'red')}: ${job.error.message}`],
  ]
  return rows.flatMap(([name, text]) => (text === undefined || text === '' ? [] : [`${name.padEnd(12)} ${text}`]))
}

/** One line about a change of a job. */
export function renderUpdate(output: Output, job: JobUpdate): string {
  const status = output.paint(job.status.padEnd(9), STATUS_COLOURS[job.status])
  return `${status}  ${job.id}  ${renderOutcome(job)}`.trimEnd()
}

/** The error, the output or the progress of a job. */
export function renderOutcome(job: JobUpdate): string {
  if (job.error !== undefined) return `${job.error.code}: ${job.error.message}`
  if (job.outputOmitted) return '(a large output)'
  // Lists leave outputs out.
  if (job.status === 'success') return job.output === undefined ? '' : shorten(JSON.stringify(job.output))
  return renderProgress(job) ?? ''
}

function renderProgress({ progress }: JobUpdate): string | undefined {
  if (progress === undefined) return undefined
  const { percent, message, data } = progress
  const parts = [percent === undefined ? undefined : `${percent}%`, message, data && JSON.stringify(data)]
  return parts.filter((part) => part !== undefined).join(' ')
}

function runTime({ startedAt, finishedAt }: JobUpdate): string | undefined {
  return startedAt === undefined || finishedAt === undefined ? undefined : renderDuration(finishedAt - startedAt)
}

/** A line of a terminal, and no more. */
export function shorten(text: string, most = 100): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}
