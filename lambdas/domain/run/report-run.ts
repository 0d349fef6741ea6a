import type { JobProgress } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import { start } from '../job/job-state.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { ChangeRecorder, LiveJob } from '../record/record-changes.ts'

/**
 * A job that ends sooner than this never shows `running`, and costs one write less. Progress is told at the same
 * pace: four times a second at most, and never for a short job, whose end tells it.
 */
const REPORT_EVERY_MS = 250

/** Stores and pushes that a job runs, and how far it is. */
export interface RunReporter {
  /** May be called at any pace: the last one of each quarter of a second is told. */
  progress(progress: JobProgress): void
  /** What was told last, stored or not: the job's end carries it. */
  latest(): JobProgress | undefined
  /** Stores `running` now, before the job begins. Rejects where that cannot be stored. */
  tellNow(): Promise<void>
  /** No report from here on; resolves once one that was under way is stored, for the next change builds on it. */
  stop(): Promise<void>
  /** Resolves once all that was stored is pushed. */
  pushed(): Promise<void>
}

export interface ReportedRun {
  readonly startedAt: number
  readonly attempt: number
  readonly lostRuns: number
  /** Called where a report finds that the job has ended, by a cancel for example. */
  readonly onEnded: (job: LiveJob) => void
}

export function createRunReporter(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  recorder: ChangeRecorder,
  job: LiveJob,
  { startedAt, attempt, lostRuns, onEnded }: ReportedRun,
): RunReporter {
  let progress: JobProgress | undefined
  let untold = true
  let stopped = false
  let underWay = false
  let nextAt = startedAt + REPORT_EVERY_MS
  let stored = Promise.resolve()
  let pushed = Promise.resolve()
  let cancelTimer: (() => void) | undefined

  function schedule(): void {
    if (stopped || underWay || !untold || cancelTimer !== undefined) return
    cancelTimer = clock.after(Math.max(0, nextAt - clock.now()), () => {
      cancelTimer = undefined
      // A report that failed costs nobody a result: the finish is tried all the same.
      stored = report().catch((error: unknown) => {
        log('warn', '"running" could not be stored.', { jobId: job.stored.id, ...errorFields(error) })
      })
    })
  }

  async function report(): Promise<void> {
    untold = false
    underWay = true
    nextAt = clock.now() + REPORT_EVERY_MS
    // The last progress by the time it is written, which may be later than now.
    const recording = recorder.mark(job, (state) => start(state, { startedAt, attempt, lostRuns, progress }))
    pushed = recording.pushed.catch(() => undefined)
    try {
      await recording.stored
      if (job.gone === true || isTerminal(job.stored.state.status)) onEnded(job)
    } finally {
      underWay = false
      schedule()
    }
  }

  schedule()
  return {
    progress(told) {
      if (stopped) return
      progress = told
      untold = true
      schedule()
    },
    latest: () => progress,
    tellNow() {
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
