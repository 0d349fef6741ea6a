import { setTimeout } from 'node:timers/promises'

/** Waits, and returns how long it was asked to. Rejects as soon as the signal aborts. */
export async function waitFor(ms: number, signal: AbortSignal): Promise<{ waitedMs: number }> {
  await setTimeout(ms, undefined, { signal })
  return { waitedMs: ms }
}
