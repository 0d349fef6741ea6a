import { isTerminal } from '../../protocol/job.ts'
import type { Log } from './log.ts'
import { errorFields } from './log.ts'
import type { Clock, JobStore, StoredJob } from './ports.ts'
import type { LiveJob } from './record-changes.ts'

const BEAT_MS = 5_000

/** Looks after the records of running jobs. */
export interface Heartbeat {
  /** Calls back once if the job's record turns out to have ended; the answer stops looking. */
  watch(job: LiveJob, onEnded: (present: StoredJob) => void): () => void
}

/**
 * Reads the records of all jobs that have been running for some seconds, in one call each time: so a job that
 * somebody cancelled hears of it. Jobs that end sooner cost nothing.
 */
export function createHeartbeat(ports: {
  readonly store: JobStore
  readonly clock: Clock
  readonly log: Log
}): Heartbeat {
  const watched = new Set<{ readonly job: LiveJob; readonly since: number; onEnded: (present: StoredJob) => void }>()
  let cancelBeat: (() => void) | undefined

  function schedule(): void {
    if (watched.size > 0) cancelBeat ??= ports.clock.after(BEAT_MS, () => void beat())
  }

  async function beat(): Promise<void> {
    const long = [...watched].filter(({ since }) => since + BEAT_MS <= ports.clock.now())
    try {
      // A cheap read may be a moment behind: then the next beat sees it.
      const found =
        long.length === 0 ? [] : await ports.store.load(keysOf(long.map(({ job }) => job.stored)), 'eventual')
      for (const entry of long) {
        const present = found.find((stored) => isSameJob(stored, entry.job.stored))
        if (present !== undefined && isTerminal(present.state.status) && watched.delete(entry)) entry.onEnded(present)
      }
    } catch (error) {
      ports.log('warn', 'The records of running jobs could not be read.', errorFields(error))
    }
    cancelBeat = undefined
    schedule()
  }

  return {
    watch(job, onEnded) {
      const entry = { job, since: ports.clock.now(), onEnded }
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

function keysOf(jobs: readonly StoredJob[]): { namespace: string; id: string }[] {
  return jobs.map(({ namespace, id }) => ({ namespace, id }))
}

/** The same life of the same id. */
function isSameJob(one: StoredJob, other: StoredJob): boolean {
  return one.namespace === other.namespace && one.id === other.id && one.createdAt === other.createdAt
}
