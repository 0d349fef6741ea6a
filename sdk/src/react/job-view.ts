import type { JobProgress, JobStatus, JobUpdate } from '../../../protocol/job/job.ts'
import { JobError } from '../api/errors.ts'
import type { JobwireError } from '../api/errors.ts'

/**
 * The state of a job for a component.
 *
 * @example
 * const label = ({ status, progress }: JobState<string>) => status ?? `${progress?.percent ?? 0} %`
 */
export interface JobState<Output = unknown> {
  /** Undefined if there is no job. */
  readonly id: string | undefined
  /** Undefined until it is known. */
  readonly status: JobStatus | undefined
  readonly progress: JobProgress | undefined
  /** The output, once the job has succeeded. */
  readonly output: Output | undefined
  /** A `JobError` once the job has failed or was cancelled. Any other error says why the job cannot be followed. */
  readonly error: JobwireError | undefined
  /** The latest change. */
  readonly update: JobUpdate | undefined
  /** True if there is a job that has not ended as far as is known. */
  readonly isLoading: boolean
}

const NONE: JobState<any> = {
  id: undefined,
  status: undefined,
  progress: undefined,
  output: undefined,
  error: undefined,
  update: undefined,
  isLoading: false,
}

/** One job outside React: followed while a component shows it. */
export interface JobStore {
  readonly subscribe: (listener: () => void) => () => void
  readonly snapshot: () => JobState<any>
  /** The state before anything is known, as on the server. */
  readonly initial: () => JobState<any>
}

interface Follower {
  subscribe(id: string, options: { signal: AbortSignal }): AsyncIterable<JobUpdate>
}

export function createJobStore(ready: () => Promise<Follower>, id: string | undefined): JobStore {
  const initial: JobState<any> = id === undefined ? NONE : { ...NONE, id, isLoading: true }
  const listeners = new Set<() => void>()
  let state = initial
  let following: AbortController | undefined
  const follow = async (jobId: string, { signal }: AbortController) => {
    const set = (next: JobState<any>) => {
      if (signal.aborted) return
      state = next
      for (const listener of [...listeners]) listener()
    }
    try {
      const client = await ready()
      if (signal.aborted) return
      for await (const update of client.subscribe(jobId, { signal })) set(jobState(update))
    } catch (error) {
      set({ ...state, error: error as JobwireError, isLoading: false })
    }
  }
  return {
    subscribe(listener) {
      listeners.add(listener)
      if (following === undefined && id !== undefined) {
        following = new AbortController()
        void follow(id, following)
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        following?.abort()
        following = undefined
      }
    },
    snapshot: () => state,
    initial: () => initial,
  }
}

function jobState(update: JobUpdate): JobState<any> {
  const { id, status, progress, output } = update
  const failed = status === 'failed' || status === 'cancelled'
  return {
    id,
    status,
    progress,
    output: status === 'success' ? output : undefined,
    error: failed ? new JobError(update) : undefined,
    update,
    isLoading: !failed && status !== 'success',
  }
}
