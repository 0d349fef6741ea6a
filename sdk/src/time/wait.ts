import { JobwireError } from '../api/errors.ts'
import { timeoutMs } from '../api/input.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { WaitOptions } from '../api/types.ts'

/** A clock that is told of each signal before a wait listens to it, where that needs something. */
export interface WaitClock extends Clock {
  beforeListening?(signal: AbortSignal): void
}

/** Calls `fail` once, when the time limit is over or the signal aborts. Returns a function that ends the watch for both. */
export function limit(
  clock: WaitClock,
  options: WaitOptions,
  jobId: string | undefined,
  fail: (error: JobwireError) => void,
): () => void {
  const { signal } = options
  const ms = timeoutMs(options)
  const over = (error: JobwireError) => {
    undo()
    fail(error)
  }
  const onAbort = () => over(new JobwireError('ABORTED', 'The wait was aborted.', { cause: signal?.reason, jobId }))
  const cancelTimer = ms === undefined ? undefined : clock.after(ms, () => over(timedOut(ms, jobId)))
  const undo = () => {
    cancelTimer?.()
    signal?.removeEventListener('abort', onAbort)
  }
  if (signal) {
    clock.beforeListening?.(signal)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  }
  return undo
}

/**
 * Waits with a time limit and an abort signal. `begin` starts the work and may return a function that undoes it, which
 * is called exactly once, however the wait ends.
 */
export async function waitWithin<T>(
  clock: WaitClock,
  options: WaitOptions,
  jobId: string | undefined,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | undefined,
): Promise<T> {
  const result = new Promise<T>((resolve, reject) => {
    let undo: (() => void) | undefined
    let over = false
    let unlimit = () => {}
    const end = (settle: () => void) => {
      if (over) return
      over = true
      unlimit()
      undo?.()
      settle()
    }
    const fail = (error: unknown) => end(() => reject(error))
    try {
      unlimit = limit(clock, options, jobId, fail)
      if (over) return
      undo = begin((value) => end(() => resolve(value)), fail)
      if (over) undo?.()
    } catch (error) {
      fail(error)
    }
  })
  try {
    return await result
  } catch (error) {
    // The error was made where a frame arrived or a timer ran out. It gets the stack of the call that waited for it.
    Error.captureStackTrace?.(error as JobwireError)
    throw error
  }
}

function timedOut(ms: number, jobId: string | undefined): JobwireError {
  if (!jobId) return new JobwireError('TIMEOUT', `No answer within ${ms} ms.`)
  const message = `Job ${jobId} has not ended within ${ms} ms. Wait again, or get it by its id.`
  return new JobwireError('RESULT_TIMEOUT', message, { jobId })
}
