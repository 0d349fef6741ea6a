import { isTerminal } from '../../../protocol/job/job.ts'
import type { AnnouncePorts } from './announce.ts'
import { announce, queueWebhooks } from './announce.ts'
import type { LiveJob } from './live-job.ts'
import { logEnds } from './log-ends.ts'
import { backoffMs, pause } from '../kit/backoff.ts'
import type { Change, JobState } from '../job/job-state.ts'
import { errorFields } from '../kit/log.ts'
import type { JobStore, StateChange } from '../job/job-store.ts'
import { MAX_CHANGES_PER_CALL } from '../job/job-store.ts'
import type { StoredJob } from '../job/stored-job.ts'

/** Changes that come within this time are written in one call. */
const WINDOW_MS = 4
const MAX_TRIES = 8
const RETRY = { baseMs: 50, capMs: 2_000 }

export interface RecorderPorts extends AnnouncePorts {
  readonly store: JobStore
}

export interface Recording {
  /**
   * Resolves once the change is stored, or refused because of the state that is stored: a terminal state that somebody
   * else has written, or a state of a later attempt. `LiveJob.stored` is that state. Rejects if it cannot be stored.
   */
  readonly stored: Promise<void>
  /**
   * Resolves once the push was tried too, if there is one: a cancel that was first is pushed by its own call.
   * Rejects if the webhook of the job's end could not be queued.
   */
  readonly pushed: Promise<void>
}

export interface ChangeRecorder {
  /** Records the job's last change in this batch: its end, or the failure of an attempt. */
  finish(job: LiveJob, change: Change): Recording
  /** Records a change before the last one. Wait for `stored` before the next change of the same job. */
  mark(job: LiveJob, change: Change): Recording
  /** Resolves once every change so far is stored or has failed. */
  settled(): Promise<void>
}

interface Entry {
  readonly job: LiveJob
  readonly change: Change
  readonly stored: PromiseWithResolvers<void>
  readonly pushed: PromiseWithResolvers<void>
}

/**
 * Stores changes, then pushes them. Changes that come close together share one call. The call does not wait for the end
 * of the window once none of the `jobCount` jobs can still join, so a single job is written at once. A change whose
 * condition fails is tried again alone and does not hold up the others.
 */
export function createChangeRecorder(ports: RecorderPorts, jobCount: number): ChangeRecorder {
  let collected: Entry[] = []
  let marks = 0
  let unfinished = jobCount
  let cancelWindow: (() => void) | undefined
  const unstored = new Set<Promise<void>>()

  function flush(): void {
    cancelWindow?.()
    cancelWindow = undefined
    if (collected.length === 0) return
    const entries = collected
    collected = []
    marks = 0
    void recordTogether(ports, entries)
  }

  function add(job: LiveJob, change: Change): Recording {
    const entry: Entry = { job, change, stored: withResolvers(), pushed: withResolvers() }
    collected.push(entry)
    const stored = entry.stored.promise
    unstored.add(stored)
    const forget = (): void => void unstored.delete(stored)
    stored.then(forget, forget)
    // Every unfinished job has its mark in this window already, and records nothing more before that is stored.
    if (marks >= unfinished || collected.length >= MAX_CHANGES_PER_CALL) flush()
    else cancelWindow ??= ports.clock.after(WINDOW_MS, flush)
    return { stored, pushed: entry.pushed.promise }
  }

  return {
    finish(job, change) {
      unfinished--
      return add(job, change)
    },
    mark(job, change) {
      marks++
      return add(job, change)
    },
    async settled() {
      flush()
      await Promise.allSettled(unstored)
    },
  }
}

async function recordTogether(ports: RecorderPorts, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 1) return recordAlone(ports, entries[0]!)
  const states = entries.map((entry) => nextState(entry))
  const changed = entries.flatMap((entry, index) => {
    const state = states[index]
    return state === undefined ? [] : [{ entry, change: { job: entry.job.stored, state } }]
  })
  const written = await writeTogether(
    ports,
    changed.map(({ change }) => change),
  )
  const settled = new Set<Entry>()
  for (const [index, { entry, change }] of changed.entries()) {
    const stored = written[index]
    if (stored === undefined) continue
    // The state before it was stored: in the stored state, a large output may be a pointer.
    settleStored(entry, { ...stored, state: change.state })
    settled.add(entry)
  }
  const left = entries.filter((entry) => !settled.has(entry))
  await Promise.all([pushEntries(ports, [...settled]), ...left.map((entry) => recordAlone(ports, entry))])
}

async function writeTogether(
  { store, log }: RecorderPorts,
  changes: readonly StateChange[],
): Promise<readonly (StoredJob | undefined)[]> {
  if (changes.length === 0) return []
  try {
    return await store.writeMany(changes)
  } catch (error) {
    log('warn', 'Writing changes together failed; each is written alone.', errorFields(error))
    return []
  }
}

/** Tries until the change is stored, or refused because of the stored state. */
async function recordAlone(ports: RecorderPorts, entry: Entry): Promise<void> {
  const { job } = entry
  let tried: JobState | undefined
  // The record is gone, and the state that was seen last is no news to its watchers.
  if (job.gone === true) return settleUnpushed(entry)
  let lastError: unknown = new Error('The record kept changing.')
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const state = nextState(entry)
    if (state === undefined) break
    tried = state
    try {
      const result = await ports.store.write({ job: job.stored, state })
      if (result.kind === 'stored') {
        settleStored(entry, result.job)
        return pushEntries(ports, [entry])
      }
      // This is also the way of a write whose answer was lost: then the present state is the state that we wrote.
      if (result.present === undefined || result.present.createdAt !== job.stored.createdAt) {
        ports.log('warn', 'The record expired before its job ended.', { jobId: job.stored.id })
        job.gone = true
        return settleUnpushed(entry)
      }
      job.stored = result.present
    } catch (error) {
      lastError = error
      await pause(ports.clock, backoffMs(attempt, RETRY))
    }
  }
  if (nextState(entry) !== undefined) return rejectEntry(entry, lastError)
  settleStored(entry, job.stored)
  // Another run or a cancel was first: its state counts. A cancel is pushed by its own call, or when that is repeated.
  // Another run may have died before its push, and its message may be the one that this run acknowledges.
  const { state } = job.stored
  const isOurs = tried !== undefined && isSameChange(tried, state)
  if (isOurs) logEnds(ports, [job])
  const isEndOfRun = isTerminal(state.status) && state.status !== 'cancelled'
  return settlePushed([entry], await (isOurs || isEndOfRun ? announce : queueWebhooks)(ports, [job.stored]))
}

/** Returns true if a stored state is one that we wrote, and whose answer was lost. */
function isSameChange(written: JobState, present: JobState): boolean {
  const { version, status, finishedAt } = written
  return present.version === version && present.status === status && present.finishedAt === finishedAt
}

async function pushEntries(ports: RecorderPorts, entries: readonly Entry[]): Promise<void> {
  const jobs = entries.map(({ job }) => job)
  logEnds(ports, jobs)
  settlePushed(
    entries,
    await announce(
      ports,
      jobs.map(({ stored }) => stored),
    ),
  )
}

function settlePushed(entries: readonly Entry[], untold: ReadonlySet<StoredJob>): void {
  for (const { job, pushed } of entries) {
    if (untold.has(job.stored)) pushed.reject(new Error('The webhook could not be queued.'))
    else pushed.resolve()
  }
}

function nextState({ job, change }: Entry): JobState | undefined {
  const transition = change(job.stored.state)
  return transition.ok ? transition.state : undefined
}

function settleStored(entry: Entry, stored: StoredJob): void {
  entry.job.stored = stored
  entry.stored.resolve()
}

function settleUnpushed(entry: Entry): void {
  entry.stored.resolve()
  entry.pushed.resolve()
}

function rejectEntry(entry: Entry, error: unknown): void {
  entry.stored.reject(error)
  entry.pushed.reject(error)
}

interface PromiseWithResolvers<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

function withResolvers(): PromiseWithResolvers<void> {
  let settle!: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>
  const promise = new Promise<void>((resolve, fail) => {
    settle = { resolve, reject: fail }
  })
  // Callers may wait for only one of the two promises: a rejection of the other must not count as unhandled.
  promise.catch(() => undefined)
  return { promise, ...settle }
}
