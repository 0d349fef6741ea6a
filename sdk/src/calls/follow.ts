import { ID_PATTERN } from '../../../protocol/job/id.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { checkId, checkOptions } from '../api/input.ts'
import { WAIT_OPTIONS } from '../api/input.ts'
import { listAll } from './list.ts'
import { errorOfMany, withTraceFromHere } from './loop-errors.ts'
import type { TrackedJob } from '../client/tracked-job.ts'
import type { WaitOptions } from '../api/types.ts'
import { limit } from '../time/wait.ts'

/** The pause between two looks for new jobs of a prefix. While there is no job yet, the first pauses are shorter. */
const RELIST_MS = 10_000
const FIRST_RELIST_MS = 1_000

/** Follows one job to its end, the present state first. */
export function followJob(
  client: Client,
  job: TrackedJob,
  options: WaitOptions = {},
): AsyncGenerator<JobUpdate, void, undefined> {
  checkOptions(options, WAIT_OPTIONS)
  return readChanges(new Watch(client), [job], options, undefined, job.id)
}

/** `subscribe` of the client. */
export function followId(
  client: Client,
  id: string,
  options?: WaitOptions,
): AsyncGenerator<JobUpdate, void, undefined> {
  checkId(id)
  return followJob(client, client.known(id), options)
}

/** `watch` of the client. */
export async function* watchJobs(
  client: Client,
  target: Iterable<string> | { readonly prefix: string },
  options: WaitOptions = {},
): AsyncGenerator<JobUpdate, void, undefined> {
  checkOptions(options, WAIT_OPTIONS)
  if (typeof target === 'object' && target !== null && 'prefix' in target) {
    checkOptions(target, ['prefix'])
    if (typeof target.prefix !== 'string' || !ID_PATTERN.test(target.prefix)) {
      throw new JobwireError(
        'INVALID_OPTION',
        '"prefix" must be the beginning of an id: 1 to 128 letters, digits and . _ : -.',
      )
    }
    yield* readChanges(new Watch(client), [], options, target.prefix)
    return
  }
  if (typeof target === 'string' || typeof target?.[Symbol.iterator] !== 'function') {
    throw new JobwireError('INVALID_OPTION', 'The first argument must be a list of ids, or { prefix }.')
  }
  const ids = [...new Set(target)]
  for (const id of ids) checkId(id)
  yield* readChanges(
    new Watch(client),
    ids.map((id) => client.known(id)),
    options,
  )
}

async function* readChanges(
  changes: Watch,
  jobs: readonly TrackedJob[],
  options: WaitOptions,
  prefix?: string,
  jobId?: string,
): AsyncGenerator<JobUpdate, void, undefined> {
  changes.begin(options, jobId)
  try {
    for (const job of jobs) changes.add(job)
    if (prefix !== undefined) await changes.list(prefix)
    for (;;) {
      const change = changes.next()
      if (change !== undefined) yield await change
      else if (changes.failure !== undefined) throw changes.failure
      else if (changes.open > 0 || (prefix !== undefined && !changes.seen)) await changes.change(prefix)
      // All have ended. Jobs that the last look finds are read at once, because no further change would wake the loop.
      else if (prefix === undefined || !(await changes.list(prefix))) return
    }
  } catch (error) {
    throw withTraceFromHere(error)
  } finally {
    changes.end()
  }
}

/** Keeps the changes of some jobs until the loop asks for them, however slowly it does. */
class Watch {
  readonly #client: Client
  readonly #stops = new Map<string, (() => void) | undefined>()
  /** Ends the reading of a list or an output when the watch fails. */
  readonly #over = new AbortController()
  #changes: { readonly job: TrackedJob; readonly update: JobUpdate }[] = []
  #read = 0
  #wake = () => {}
  #unlimit = () => {}
  #cancelTimer = () => {}
  #paceMs = FIRST_RELIST_MS / 2
  #listAtMs = 0
  open = 0
  failure: unknown

  constructor(client: Client) {
    this.#client = client
  }

  get seen(): boolean {
    return this.#stops.size > 0
  }

  /** `jobId` is given if the watch is of one job only. */
  begin(options: WaitOptions, jobId: string | undefined): void {
    this.#unlimit = limit(this.#client.clock, options, jobId, (error) =>
      this.#fail(
        errorOfMany(error, 'Not all of the jobs have ended within the timeout. They go on: watch them again.'),
      ),
    )
  }

  add(tracked: TrackedJob): void {
    const job = this.#client.watchList.attach(tracked)
    this.open++
    let over = false
    const stop = this.#client.watch(
      job,
      (update) => {
        if (over) return
        this.#changes.push({ job, update })
        if (isTerminal(update.status)) {
          over = true
          this.open--
        }
        this.#wake()
      },
      (error) => this.#fail(error),
    )
    this.#stops.set(job.id, stop)
    if (over) this.#stop(job.id)
  }

  next(): Promise<JobUpdate> | undefined {
    const change = this.#changes[this.#read]
    if (change === undefined) return undefined
    if (++this.#read > 1_000) {
      this.#changes = this.#changes.slice(this.#read)
      this.#read = 0
    }
    const { job, update } = change
    if (isTerminal(update.status)) this.#stop(job.id)
    return this.#whole(job, update)
  }

  /** Adds the output to an update that came without it, unless the watch fails first. */
  async #whole(job: TrackedJob, update: JobUpdate): Promise<JobUpdate> {
    if (!update.outputOmitted) return update
    const { signal } = this.#over
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(this.failure)
      this.#client
        .complete(job)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', onAbort))
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
    })
  }

  /** Looks for jobs with that prefix that are not watched yet. Returns true if there are any. */
  async list(prefix: string): Promise<boolean> {
    let found = false
    try {
      for await (const { id } of listAll(this.#client, { prefix, signal: this.#over.signal })) {
        if (this.#stops.has(id)) continue
        found = true
        this.add(this.#client.known(id))
      }
    } catch (error) {
      throw this.failure ?? error
    }
    this.#paceMs = this.seen ? RELIST_MS : Math.min(RELIST_MS, 2 * this.#paceMs)
    this.#listAtMs = this.#client.clock.now() + this.#paceMs
    return found
  }

  /** Resolves at the next change, or after the next list of the jobs of a prefix. */
  async change(prefix: string | undefined): Promise<void> {
    const again = await new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(false)
      if (prefix === undefined) return
      const { clock } = this.#client
      // Counted from the last look, not from the last change, or a job that changes all the time would put it off.
      this.#cancelTimer = clock.after(Math.max(0, this.#listAtMs - clock.now()), () => resolve(true))
    })
    this.#cancelTimer()
    this.#wake = () => {}
    if (again) await this.list(prefix!)
  }

  end(): void {
    this.#unlimit()
    this.#cancelTimer()
    for (const id of this.#stops.keys()) this.#stop(id)
  }

  #stop(id: string): void {
    this.#stops.get(id)?.()
    // The id stays, so that a job which has ended is not found anew.
    this.#stops.set(id, undefined)
  }

  #fail(error: unknown): void {
    this.failure ??= error
    this.#over.abort()
    this.#wake()
  }
}
