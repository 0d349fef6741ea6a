import { isTerminal } from '../../../protocol/job/job.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobStore } from '../job/job-store.ts'
import type { StoredJob } from '../job/stored-job.ts'
import type { LiveJob } from '../record/record-changes.ts'

const BEAT_MS = 5_000
/** A job may run on past its record's time: its watchers hear of its end all the same. */
const EXPIRED = { withExpired: true }

/** Looks after the records of running jobs. */
export interface Heartbeat {
  /**
   * Calls back once if the job's record turns out to have ended, or, with undefined, to be gone; the answer stops
   * looking.
   */
  watch(job: LiveJob, onEnded: (present: StoredJob | undefined) => void): () => void
}

interface WatchedRun {
  readonly job: LiveJob
  readonly since: number
  readonly onEnded: (present: StoredJob | undefined) => void
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
  const watched = new Set<WatchedRun>()
  let cancelBeat: (() => void) | undefined

  function schedule(): void {
    if (watched.size > 0) cancelBeat ??= ports.clock.after(BEAT_MS, () => void beat())
  }

  async function beat(): Promise<void> {
    cancelBeat = undefined
    const long = [...watched].filter(({ since }) => since + BEAT_MS <= ports.clock.now())
    try {
      // A cheap read may be a moment behind: then the next beat sees it.
      const found = await load(long, 'eventual')
      // One that was cancelled has been deleted since, or run again. Its message goes for that: a cheap read is no proof.
      const missing = long.filter((entry) => presentOf(entry, found) === undefined)
      found.push(...(await load(missing, 'strong')))
      for (const entry of long) {
        const present = presentOf(entry, found)
        if (present !== undefined && !isTerminal(present.state.status)) continue
        if (watched.delete(entry)) entry.onEnded(present)
      }
    } catch (error) {
      ports.log('warn', 'The records of running jobs could not be read.', errorFields(error))
    }
    schedule()
  }

  async function load(entries: readonly WatchedRun[], how: 'eventual' | 'strong'): Promise<StoredJob[]> {
    if (entries.length === 0) return []
    return [...(await ports.store.load(keysOf(entries.map(({ job }) => job.stored)), how, EXPIRED))]
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

function presentOf({ job }: WatchedRun, found: readonly StoredJob[]): StoredJob | undefined {
  return found.find((stored) => isSameJob(stored, job.stored))
}

function keysOf(jobs: readonly StoredJob[]): { namespace: string; id: string }[] {
  return jobs.map(({ namespace, id }) => ({ namespace, id }))
}

/** The same life of the same id. */
function isSameJob(one: StoredJob, other: StoredJob): boolean {
  return one.namespace === other.namespace && one.id === other.id && one.createdAt === other.createdAt
}
