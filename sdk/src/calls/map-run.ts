import { MAX_IDS_PER_FRAME } from '../../../protocol/kit/limits.ts'
import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { isFinalCode } from '../api/error-codes.ts'
import type { FrameQueue } from '../wire/frame-queue.ts'
import { checkOptions, SUBMIT_OPTIONS } from '../api/input.ts'
import { errorOfInput, errorOfMany, withTraceFromHere } from './loop-errors.ts'
import { GOODBYE_MS, MAX_SENDS } from '../time/pace.ts'
import type { MapOptions, MapProgress, Settled, SubmitOptions } from '../api/types.ts'
import { limit } from '../time/wait.ts'

/** Four full frames of submits. */
const DEFAULT_CONCURRENCY = 1_000
const MAX_CONCURRENCY = 100_000
/** The longest time that a failed map waits for the answers to its cancels. */
const CANCEL_MS = 5 * GOODBYE_MS
const MAP_OPTIONS = ['concurrency', 'errors', 'onProgress', ...SUBMIT_OPTIONS].filter(
  (name) => name !== 'idempotencyKey',
)

export type Inputs = Iterable<unknown> | AsyncIterable<unknown>

interface Running {
  readonly id: string
  readonly accepted: Promise<void>
  stop: () => void
}

/**
 * One map: pulls inputs while there is room, submits them, and gives each ended job as it ends or in the order of the
 * inputs. At most `concurrency` jobs are in flight or wait to be read. In order it is twice that, so that one slow job
 * does not stop the others.
 */
export class MapRun {
  readonly collects: boolean
  readonly #client: Client
  readonly #task: string
  readonly #options: MapOptions
  readonly #jobOptions: SubmitOptions
  readonly #ordered: boolean
  readonly #concurrency: number
  readonly #source: Iterator<unknown> | AsyncIterator<unknown>
  readonly #running = new Map<number, Running>()
  readonly #ended = new Map<number, Settled<any>>()
  readonly #progress: { -readonly [Name in keyof MapProgress]: MapProgress[Name] }
  #pulled = 0
  #read = 0
  #exhausted = false
  #pulling = false
  #over = false
  /** `foreign` is true if the caller's own code threw the error. */
  #failure: { readonly error: unknown; readonly foreign: boolean } | undefined
  #wake = () => {}

  constructor(client: Client, task: string, inputs: Inputs, options: MapOptions = {}, ordered: boolean) {
    checkOptions(options, MAP_OPTIONS)
    const { concurrency = DEFAULT_CONCURRENCY, errors = 'stop' } = options
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
      throw invalid(`"concurrency" must be a whole number from 1 to ${MAX_CONCURRENCY}.`)
    }
    if (errors !== 'stop' && errors !== 'collect') throw invalid('"errors" must be "stop" or "collect".')
    if (typeof task !== 'string' || task === '') throw invalid('The first argument must name a task.')
    if (options.onProgress !== undefined && typeof options.onProgress !== 'function') {
      throw invalid('"onProgress" must be a function.')
    }
    if (options.id !== undefined && typeof options.id !== 'function') {
      throw invalid('"id" must be a function that makes an id from an input and its index.')
    }
    this.#client = client
    this.#task = task
    this.#options = options
    const { concurrency: _n, errors: _e, onProgress: _p, id: _id, timeout: _t, signal: _s, ...jobOptions } = options
    this.#jobOptions = client.withDefaults(jobOptions)
    this.#ordered = ordered
    this.#concurrency = concurrency
    this.#source = iteratorOf(inputs)
    this.collects = errors === 'collect'
    const { length, size } = inputs as { length?: number; size?: number }
    const total = length ?? size
    this.#progress = { submitted: 0, succeeded: 0, failed: 0, ...(total !== undefined && { total }) }
  }

  async *settled(): AsyncGenerator<Settled<any>, void, undefined> {
    const { timeout, signal } = this.#options
    const unlimit = limit(this.#client.clock, { timeout, signal }, undefined, (error) =>
      this.#fail(errorOfMany(error, 'The map has not ended within its timeout. Its remaining jobs are cancelled.')),
    )
    const release = this.#client.holdOpen()
    let complete = false
    try {
      for (;;) {
        // A map that failed before it began submits nothing.
        if (this.#failure === undefined) void this.#pull()
        if (this.#failure !== undefined) {
          const { error, foreign } = this.#failure
          throw foreign ? error : withTraceFromHere(error)
        }
        const item = this.#take()
        if (item !== undefined) {
          yield item
        } else if (this.#exhausted && this.#running.size === 0) {
          complete = true
          return
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve))
        }
      }
    } finally {
      this.#over = true
      unlimit()
      if (!complete) await this.#abandon()
      release()
    }
  }

  #take(): Settled<any> | undefined {
    const index = this.#ordered ? this.#read : this.#ended.keys().next().value
    const item = index === undefined ? undefined : this.#ended.get(index)
    if (item === undefined) return undefined
    this.#ended.delete(index!)
    this.#read++
    return item
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return
    this.#pulling = true
    try {
      while (!this.#over && !this.#exhausted && this.#hasRoom()) {
        const step = this.#source.next()
        const { done, value } = 'then' in step ? await step : step
        if (this.#over) break
        if (done) this.#exhausted = true
        else this.#start(this.#pulled++, value)
      }
    } catch (error) {
      this.#fail(error, true)
    }
    this.#pulling = false
    if (this.#exhausted) this.#wake()
  }

  #hasRoom(): boolean {
    const window = this.#concurrency * (this.#ordered ? 2 : 1)
    return this.#running.size < this.#concurrency && this.#pulled - this.#read < window
  }

  #start(index: number, input: unknown): void {
    const id = this.#options.id?.(input, index) ?? this.#client.nextId()
    try {
      const { job, accepted } = this.#client.submit(this.#task, input, id, this.#jobOptions, false)
      const running: Running = { id, accepted, stop: () => {} }
      this.#running.set(index, running)
      this.#progress.submitted++
      accepted.catch((error: unknown) => this.#end(index, { index, id, error: errorOfInput(error, index) }))
      running.stop = this.#client.awaitOutput(
        job,
        (value) => this.#end(index, { index, id, value }),
        (error) => this.#end(index, { index, id, error: error as JobwireError }),
      )
      if (!this.#running.has(index)) running.stop()
    } catch (error) {
      this.#record(index, { index, id, error: errorOfInput(error, index) })
    }
  }

  #end(index: number, item: Settled<any>): void {
    const running = this.#running.get(index)
    if (running === undefined) return
    this.#running.delete(index)
    running.stop()
    this.#record(index, item)
  }

  #record(index: number, item: Settled<any>): void {
    this.#ended.set(index, item)
    const { error } = item
    this.#progress[error === undefined ? 'succeeded' : 'failed']++
    // An error that every further job would have as well is not collected a million times.
    if (error !== undefined && (!this.collects || error.code === 'CLIENT_CLOSED' || isFinalCode(error.code))) {
      this.#fail(error)
    }
    try {
      this.#options.onProgress?.({ ...this.#progress })
    } catch (thrown) {
      this.#fail(thrown, true)
    }
    this.#wake()
  }

  #fail(error: unknown, foreign = false): void {
    this.#failure ??= { error, foreign }
    this.#wake()
  }

  /** Closes the inputs, and cancels the jobs that have not ended. */
  async #abandon(): Promise<void> {
    // Not awaited: an input that is being pulled may take forever. What the inputs throw now does not concern the map.
    if (!this.#exhausted) void (async () => this.#source.return?.())().catch(() => {})
    const rest = [...this.#running.values()]
    this.#running.clear()
    for (const { stop } of rest) stop()
    if (rest.length === 0) return
    const queue = cancels(this.#client)
    const cancelled = rest.map(async ({ id, accepted }) => {
      // A cancel that overtakes its submit would not find the job.
      if (
        await accepted.then(
          () => true,
          () => false,
        )
      )
        await cancel(queue, id)
    })
    await new Promise<void>((resolve) => {
      const cancelTimer = this.#client.clock.after(CANCEL_MS, resolve)
      void Promise.all(cancelled).then(() => {
        cancelTimer()
        resolve()
      })
    })
  }
}

interface Cancel {
  readonly id: string
  done(): void
}

const QUEUES = new WeakMap<Client, FrameQueue<Cancel>>()

/** The queue that puts many cancels of one client into a frame. */
function cancels(client: Client): FrameQueue<Cancel> {
  let queue = QUEUES.get(client)
  if (queue === undefined) {
    queue = client.queue<Cancel>({
      type: 'cancel',
      list: 'ids',
      maxItems: MAX_IDS_PER_FRAME,
      maxTries: MAX_SENDS,
      durable: true,
      answered: (_frame, items) => {
        for (const item of items) item.done()
        return []
      },
      failed: (item) => item.done(),
    })
    QUEUES.set(client, queue)
  }
  return queue
}

function cancel(queue: FrameQueue<Cancel>, id: string): Promise<void> {
  return new Promise((done) => queue.add({ id, done }, JSON.stringify(id)))
}

function iteratorOf(inputs: Inputs): Iterator<unknown> | AsyncIterator<unknown> {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = (inputs ?? {}) as {
    [Symbol.asyncIterator]?: () => AsyncIterator<unknown>
    [Symbol.iterator]?: () => Iterator<unknown>
  }
  if (typeof inputs !== 'string' && typeof later === 'function') return later.call(inputs)
  if (typeof inputs !== 'string' && typeof now === 'function') return now.call(inputs)
  throw invalid('The inputs must be a list or another iterable, synchronous or not.')
}

function invalid(message: string): JobwireError {
  return new JobwireError('INVALID_OPTION', message)
}
