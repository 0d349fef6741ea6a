import { isTerminal } from '../../../protocol/job/job.ts'
import type { Json, JobUpdate, SubmitOutcome } from '../../../protocol/job/job.ts'
import type { GetJobAnswer, PlatformInfo } from '../../../protocol/wire/rest.ts'
import { JobError } from '../api/errors.ts'
import { clientClosedError, errorOfJob } from '../api/error-codes.ts'
import type { JobwireError } from '../api/errors.ts'
import type { FrameKind } from '../wire/frame-queue.ts'
import { FrameQueue, MAX_ITEM_BYTES } from '../wire/frame-queue.ts'
import { checkOptions, encodeJob, invalidOption, utf8Bytes } from '../api/input.ts'
import { Link } from '../wire/link.ts'
import { SUBMISSIONS } from '../wire/outbox.ts'
import type { Acceptance, Submission } from '../wire/outbox.ts'
import { jobPath } from '../wire/rest-client.ts'
import type { RestClient } from '../wire/rest-client.ts'
import type { ResultCache } from './result-cache.ts'
import type { OpenSocket } from '../wire/socket.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import { TrackedJob } from './tracked-job.ts'
import type { ClientDefaults, ConnectionEvent, SubmitOptions, WaitOptions } from '../api/types.ts'
import { WatchList } from './watch-list.ts'

export interface ClientParts {
  readonly restClient: RestClient
  readonly info: PlatformInfo
  readonly openSocket: OpenSocket
  /** True if REST may replace a socket that cannot be opened. */
  readonly polling: boolean
  readonly cache: ResultCache
  readonly clock: Clock
  readonly random: () => number
  readonly nextId: () => string
  readonly defaults?: ClientDefaults | undefined
}

/** The two things that every public call comes down to: submitting a job, and waiting for its changes. */
export class Client {
  readonly clock: Clock
  readonly nextId: () => string
  readonly namespace: string
  readonly watchList: WatchList
  readonly cache: ResultCache
  readonly restClient: RestClient
  readonly #listeners: Record<ConnectionEvent, Set<() => void>> = {
    online: new Set(),
    offline: new Set(),
    reconnecting: new Set(),
  }
  readonly #link: Link
  readonly #random: () => number
  readonly #defaults: ClientDefaults | undefined
  readonly #outbox: FrameQueue<Submission>
  readonly #queues: FrameQueue<any>[] = []
  readonly #session: string
  #socketUrl: string
  #waiting = 0
  #closed = false

  constructor({ restClient, info, openSocket, polling, cache, clock, random, nextId, defaults }: ClientParts) {
    this.clock = clock
    this.restClient = restClient
    this.cache = cache
    this.nextId = nextId
    this.namespace = info.namespace
    this.#defaults = defaults
    this.#random = random
    this.#session = nextId()
    this.#socketUrl = info.socketUrl
    this.#link = new Link({
      address: (check) => this.#address(check),
      openSocket,
      openInstead: polling
        ? async () => (await import('../wire/rest-socket.ts')).createRestSocket(restClient, clock)
        : undefined,
      clock,
      random,
      events: {
        opened: () => {
          for (const queue of this.#queues) queue.flushSoon()
          this.watchList.opened()
        },
        connectionLost: (connection) => this.watchList.connectionLost(connection),
        pushed: (updates) => this.watchList.pushed(updates),
        unreachable: (error) => this.#outbox.drain(error),
        denied: (error) => this.#failAll(error),
        // In a turn of their own, so that a listener that throws disturbs nothing here.
        stateChanged: (state) => {
          for (const listener of this.#listeners[state]) queueMicrotask(listener)
        },
      },
    })
    this.watchList = new WatchList(this, this.#link, cache)
    this.#outbox = this.queue(SUBMISSIONS)
  }

  /** Makes a queue for one more kind of frames. It is flushed and drained with the others. */
  queue<Item>(kind: FrameKind<Item>): FrameQueue<Item> {
    const queue = new FrameQueue<Item>(kind, this.#link, this.clock, this.#random)
    this.#queues.push(queue)
    return queue
  }

  /** Fills up options with the defaults of this client. */
  withDefaults<Options extends SubmitOptions & WaitOptions>(options: Options): Options & ClientDefaults {
    const all = { ...options } as Record<string, unknown>
    for (const name in this.#defaults) all[name] ??= this.#defaults[name as keyof ClientDefaults]
    return all as Options & ClientDefaults
  }

  /** Returns what the cache knows of the job with that id. */
  known(id: string): TrackedJob {
    const job = new TrackedJob(id)
    const end = this.cache.get(id)
    if (end) job.apply(end)
    return job
  }

  /** Begins a submit. The job can be watched at once; `accepted` resolves once the platform has stored it. */
  submit(
    task: string,
    input: unknown,
    id: string,
    options: SubmitOptions,
    remembered = true,
  ): { job: TrackedJob; accepted: Promise<void> } {
    if (this.#closed) throw clientClosedError()
    const json = encodeJob(id, task, input, options)
    this.cache.drop(id)
    const job = this.watchList.trackJob(id)
    job.remembered = remembered
    job.openSubmits++
    const release = this.holdOpen()
    const accepted = utf8Bytes(json) > MAX_ITEM_BYTES ? this.#submitByRest(json) : this.#submitBySocket(json)
    const settled = accepted.then(
      ({ outcome, connection }) => {
        job.openSubmits--
        this.#accepted(job, outcome, connection)
      },
      (error: unknown) => {
        job.openSubmits--
        throw errorOfJob(error, id)
      },
    )
    const told = settled.finally(release)
    // After a failure as well, or another wait for the same id would hang. The submitter is told first: often nobody else
    // waits, and then a refused job needs no subscribe.
    void told
      .catch(() => {})
      .then(() => {
        if (job.watchers.size > 0) this.watchList.want(job)
        this.watchList.releaseUnused(job)
      })
    return { job, accepted: told }
  }

  /** Calls `onChange` with every change from now on, the present state first. Returns a function that ends that. */
  watch(job: TrackedJob, onChange: (update: JobUpdate) => void, onFail: (error: JobwireError) => void): () => void {
    if (this.#closed && !job.hasEnded) {
      onFail(clientClosedError())
      return () => {}
    }
    const watcher = { changed: onChange, failed: onFail }
    const release = this.holdOpen()
    job.watchers.add(watcher)
    if (job.latest) onChange(job.latest)
    this.watchList.want(job)
    return () => {
      job.watchers.delete(watcher)
      this.watchList.releaseUnused(job)
      release()
    }
  }

  /** Resolves with the output of a job once it has ended. Returns a function that gives up. */
  awaitOutput(
    tracked: TrackedJob,
    resolve: (output: Json | undefined) => void,
    reject: (error: unknown) => void,
  ): () => void {
    const job = this.watchList.attach(tracked)
    const onChange = (update: JobUpdate) => {
      if (!isTerminal(update.status)) return
      if (update.status !== 'success') return reject(new JobError(update))
      if (!update.outputOmitted) return resolve(update.output)
      this.complete(job).then((whole) => resolve(whole.output), reject)
    }
    return this.watch(job, onChange, reject)
  }

  /** Fetches a job whose output was too large to be pushed, once for all who wait for it. */
  async complete(job: TrackedJob): Promise<JobUpdate> {
    job.whole ??= this.restClient.call<GetJobAnswer>('GET', jobPath(job.id)).then((answer) => answer.job)
    try {
      const whole = await job.whole
      this.cache.put(whole)
      return whole
    } catch (error) {
      job.whole = undefined
      throw errorOfJob(error, job.id)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.restClient.close()
    this.#failAll(clientClosedError())
    await this.#link.close()
  }

  /** Calls the listener at each such event. Returns a function that stops that. */
  on(event: unknown, listener: () => void): () => void {
    checkOptions({ [String(event)]: 0 }, Object.keys(this.#listeners))
    if (typeof listener !== 'function') throw invalidOption('"listener" must be a function.')
    const listeners = this.#listeners[event as ConnectionEvent]
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** Counts the waits. While there is one, the connection and the process are kept. Returns a function that ends it. */
  holdOpen(): () => void {
    if (this.#waiting++ === 0) this.#link.setBusy(true)
    return () => {
      if (--this.#waiting === 0) this.#link.setBusy(false)
    }
  }

  #submitBySocket(json: string): Promise<Acceptance> {
    return new Promise((accepted, rejected) => this.#outbox.add({ accepted, rejected }, json))
  }

  async #submitByRest(json: string): Promise<Pick<Acceptance, 'outcome'> & { connection?: undefined }> {
    return { outcome: await this.restClient.call('POST', '/jobs', { body: json }) }
  }

  #accepted(job: TrackedJob, outcome: SubmitOutcome, connection: object | undefined): void {
    // The result of a job that existed before is not in the outcome, and it may not be pushed to us.
    if ('error' in outcome) return
    // A read that began before the submit may have filled the cache from another life. The version does not tell two
    // lives apart: both may have ended with 2.
    if (!job.hasEnded) this.cache.drop(job.id)
    if (outcome.existed) {
      job.status = job.latest?.status ?? outcome.status
    } else {
      job.watchedOn = connection
      job.apply({ id: job.id, version: outcome.version, status: outcome.status, attempts: 0 })
    }
  }

  async #address(check: boolean): Promise<string> {
    if (check) this.#socketUrl = (await this.restClient.fetchInfo(1)).socketUrl
    const address = new URL(this.#socketUrl)
    address.searchParams.set('token', await this.restClient.token())
    address.searchParams.set('session', this.#session)
    return address.href
  }

  #failAll(error: JobwireError): void {
    for (const queue of this.#queues) queue.drain(error)
    this.watchList.fail(error)
  }
}
