import type { StoredJob } from '../job/stored-job.ts'

/** A job in this process. `stored` is its record as it was last seen. */
export interface LiveJob {
  stored: StoredJob
  /** True if the record expired, was deleted or began a new life: there is nothing left to store or to run. */
  gone?: boolean
  /** The thing that its last run threw: for the log only. */
  thrown?: unknown
}
