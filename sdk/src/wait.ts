import { JobwireError } from './errors.ts'
import type { Timers } from './timers.ts'

export interface WaitLimits {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly jobId: string
}

/**
 * A promise with a time limit and an abort signal. `begin` starts the work and gives back what undoes it,
 * which is called exactly once, however the wait ends.
 */
export function waitWithin<T>(
  timers: Timers,
  { timeoutMs, signal, jobId }: WaitLimits,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () =>
      new JobwireError('ABORTED', 'The wait was aborted; the job goes on.', { cause: signal?.reason, jobId })
    if (signal?.aborted) return reject(aborted())
    let undo: (() => void) | undefined
    let over = false
    const end = (settle: () => void) => {
      if (over) return
      over = true
      cancelTimer?.()
      signal?.removeEventListener('abort', onAbort)
      undo?.()
      settle()
    }
    const onAbort = () => end(() => reject(aborted()))
    signal?.addEventListener('abort', onAbort)
    const cancelTimer =
      timeoutMs === undefined
        ? undefined
        : timers.after(timeoutMs, () => end(() => reject(resultTimeout(jobId, timeoutMs))))
    const fail = (error: unknown) => end(() => reject(error))
    try {
      undo = begin((value) => end(() => resolve(value)), fail)
      if (over) undo()
    } catch (error) {
      fail(error)
    }
  })
}

function resultTimeout(jobId: string, ms: number): JobwireError {
  const message = `Job ${jobId} has not ended within ${ms} ms. It goes on: wait again, or get it by its id.`
  return new JobwireError('RESULT_TIMEOUT', message, { jobId })
}
