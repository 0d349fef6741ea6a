import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobStore } from '../job/job-store.ts'
import type { Run } from '../job/job-state.ts'
import { isSameLife } from '../job/same-life.ts'
import type { StoredJob } from '../job/stored-job.ts'
import type { LiveJob } from '../record/live-job.ts'
import { isOver } from './report-run.ts'

const BEAT_MS = 5_000
/** A job may run on after its record has expired. Its watchers are told of its end all the same. */
const WITH_EXPIRED = { withExpired: true }

/** Watches the records of running jobs. */
export interface Heartbeat {
  /**
   * Calls `onOver` once, when nobody wants the outcome of the run any more: the job's record has ended, another run has
   * taken the job over, or, with undefined, the record is gone. Returns a function that stops the watch.
   */
  watch(job: LiveJob, run: WatchedRun, onOver: (present: StoredJob | undefined) => void): () => void
}

export type WatchedRun = Pick<Run, 'run' | 'startedAt'>

interface WatchedJob {
  readonly job: LiveJob
  readonly run: WatchedRun
  readonly since: number
  readonly onOver: (present: StoredJob | undefined) => void
}

/**
 * Reads the records of all jobs that have been running for some seconds, in one call each time, so that a cancelled job
 * gets its abort signal, and a run that was overtaken ends. Jobs that end sooner cost nothing.
 */
export function createHeartbeat(ports: {
  readonly store: JobStore
  readonly clock: Clock
  readonly log: Log
}): Heartbeat {
  const watched = new Set<WatchedJob>()
  let cancelBeat: (() => void) | undefined

  function schedule(): void {
    if (watched.size > 0) cancelBeat ??= ports.clock.after(BEAT_MS, () => void beat())
  }

  async function beat(): Promise<void> {
    cancelBeat = undefined
    const long = [...watched].filter(({ since }) => since + BEAT_MS <= ports.clock.now())
    try {
      // A cheap read may be a moment behind: then the next beat sees the change.
      const found = await loadRecords(long, 'eventual')
      // The record is gone or has a new life, and the message will be deleted for that. A cheap read is no proof of it.
      const missing = long.filter((entry) => presentRecord(entry, found) === undefined)
      found.push(...(await loadRecords(missing, 'strong')))
      for (const entry of long) {
        const present = presentRecord(entry, found)
        if (present !== undefined && !isOver({ stored: present }, entry.run)) continue
        if (watched.delete(entry)) entry.onOver(present)
      }
    } catch (error) {
      ports.log('warn', 'The records of running jobs could not be read.', errorFields(error))
    }
    schedule()
  }

  async function loadRecords(entries: readonly WatchedJob[], read: 'eventual' | 'strong'): Promise<StoredJob[]> {
    if (entries.length === 0) return []
    return [...(await ports.store.load(jobKeys(entries.map(({ job }) => job.stored)), read, WITH_EXPIRED))]
  }

  return {
    watch(job, run, onOver) {
      const entry = { job, run, since: ports.clock.now(), onOver }
      watched.add(entry)
      schedule()
      return () => {
        watched.delete(entry)
        if (watched.size > 0) return
        cancelBeat?.()
        cancelBeat = undefined
      }
    },
  }
}

function presentRecord({ job }: WatchedJob, found: readonly StoredJob[]): StoredJob | undefined {
  return found.find((stored) => isSameLife(stored, job.stored))
}

function jobKeys(jobs: readonly StoredJob[]): { namespace: string; id: string }[] {
  return jobs.map(({ namespace, id }) => ({ namespace, id }))
}
