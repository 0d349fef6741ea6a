import type { JobProgress } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { RecordedRun, Run } from '../job/job-state.ts'
import { applyStart, isOvertaken } from '../job/job-state.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { LiveJob } from '../record/live-job.ts'
import type { ChangeRecorder } from '../record/record-changes.ts'

/**
 * A job that ends sooner than this never shows `running`, and costs one write less. Progress is reported at the same
 * pace: four times a second at most, and never for a short job, whose final record carries it.
 */
const REPORT_EVERY_MS = 250

/** Stores and pushes that a job runs, and its progress. */
export interface RunReporter {
  /** May be called at any pace: the last progress of each quarter of a second is reported. */
  progress(progress: JobProgress): void
  /** Returns the latest progress, stored or not: the final record carries it. */
  latest(): JobProgress | undefined
  /** Stores `running` now, before the job begins. Rejects if that cannot be stored. */
  reportNow(): Promise<void>
  /** Ends the reports. Resolves once a report under way is stored, because the next change builds on it. */
  stop(): Promise<void>
  /** Resolves once every stored report is pushed. */
  pushed(): Promise<void>
}

export interface ReportedRun {
  readonly run: RecordedRun
  readonly startedAt: number
  readonly attempt: number
  readonly lostRuns: number
  /** Called when a report finds that nobody wants the outcome any more, for example because of a cancel. */
  readonly onOver: (job: LiveJob) => void
}

export function createRunReporter(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  recorder: ChangeRecorder,
  job: LiveJob,
  { run, startedAt, attempt, lostRuns, onOver }: ReportedRun,
): RunReporter {
  let progress: JobProgress | undefined
  let unreported = true
  let stopped = false
  let underWay = false
  let nextAt = startedAt + REPORT_EVERY_MS
  let stored = Promise.resolve()
  let pushed = Promise.resolve()
  let cancelTimer: (() => void) | undefined

  function schedule(): void {
    if (stopped || underWay || !unreported || cancelTimer !== undefined) return
    cancelTimer = clock.after(Math.max(0, nextAt - clock.now()), () => {
      cancelTimer = undefined
      // The end of the job is stored all the same, so a failed report loses no result.
      stored = report().catch((error: unknown) => {
        log('warn', '"running" could not be stored.', { jobId: job.stored.id, ...errorFields(error) })
      })
    })
  }

  async function report(): Promise<void> {
    unreported = false
    underWay = true
    nextAt = clock.now() + REPORT_EVERY_MS
    // Read when it is written, which may be later than now: the latest progress counts.
    const recording = recorder.mark(job, (state) => applyStart(state, { run, startedAt, attempt, lostRuns, progress }))
    pushed = recording.pushed.catch(() => undefined)
    try {
      await recording.stored
      if (isOver(job, { run, startedAt })) onOver(job)
    } finally {
      underWay = false
      schedule()
    }
  }

  schedule()
  return {
    progress(reported) {
      if (stopped) return
      progress = reported
      unreported = true
      schedule()
    },
    latest: () => progress,
    reportNow() {
      cancelTimer?.()
      cancelTimer = undefined
      return report()
    },
    stop() {
      stopped = true
      cancelTimer?.()
      return stored
    },
    pushed: () => pushed,
  }
}

/** Returns true if nobody wants the outcome of a run any more. */
export function isOver({ gone, stored: { state } }: LiveJob, run: Pick<Run, 'run' | 'startedAt'>): boolean {
  return gone === true || isTerminal(state.status) || isOvertaken(state, run)
}
