import { isTerminal } from '../../protocol/job.ts'
import type { Json, JobRecord, JobUpdate, SubmitOutcome } from '../../protocol/job.ts'
import type { PlatformInfo } from '../../protocol/rest.ts'
import { clientClosed, fromWire, JobError, ofJob } from './errors.ts'
import type { JobwireError } from './errors.ts'
import { MAX_ITEM_BYTES } from './frame-queue.ts'
import { checkId, encodeJob, utf8Bytes } from './input.ts'
import { Link } from './link.ts'
import { Outbox } from './outbox.ts'
import type { RestClient } from './rest-client.ts'
import type { OpenSocket } from './socket.ts'
import type { Timers } from './timers.ts'
import type { TrackedJob } from './tracked-job.ts'
import type { SubmitOptions } from './types.ts'
import { WatchList } from './watch-list.ts'

export interface ClientParts {
  readonly rest: RestClient
  readonly info: PlatformInfo
  readonly openSocket: OpenSocket
  readonly timers: Timers
  readonly random: () => number
  readonly nextId: () => string
}

/** What every public call comes down to: submit a job, wait for its changes. */
export class Client {
  readonly timers: Timers
  readonly nextId: () => string
  readonly watchList: WatchList
  readonly #rest: RestClient
  readonly #link: Link
  readonly #outbox: Outbox
  readonly #session: string
  #socketUrl: string
  #waiting = 0
  #closed = false

  constructor({ rest, info, openSocket, timers, random, nextId }: ClientParts) {
    this.timers = timers
    this.#rest = rest
    this.nextId = nextId
    this.#session = nextId()
    this.#socketUrl = info.socketUrl
    this.#link = new Link({
      address: (check) => this.#address(check),
      openSocket,
      timers,
      random,
      events: {
        opened: () => {
          this.#outbox.flush()
          this.watchList.opened()
        },
        lost: (connection) => this.watchList.lost(connection),
        pushed: (updates) => this.watchList.pushed(updates),
        unreachable: (error) => this.#outbox.drain(error),
        denied: (error) => this.#failAll(error),
      },
    })
    this.watchList = new WatchList(this.#link, timers, random)
    this.#outbox = new Outbox(this.#link, timers, random)
  }

  /** Begins a submit. The job can be watched at once; the promise tells when the platform has stored it. */
  submit(
    task: string,
    input: unknown,
    id: string,
    options: SubmitOptions,
  ): { job: TrackedJob; accepted: Promise<void> } {
    if (this.#closed) throw clientClosed()
    const json = encodeJob(id, task, input, options)
    const job = this.watchList.track(id)
    job.submitting++
    const release = this.#hold()
    const accepted = utf8Bytes(json) > MAX_ITEM_BYTES ? this.#submitByRest(json) : this.#outbox.submit(json)
    const settled = accepted.then(
      ({ outcome, connection }) => {
        job.submitting--
        this.#accepted(job, outcome, connection)
      },
      (error: unknown) => {
        job.submitting--
        throw ofJob(error, id)
      },
    )
    const told = settled.finally(release)
    // After a failure, too: another wait for the same id must not hang on it. But first the submitter is told, who
    // may be all that waits: a job that was refused needs no subscribe.
    void told
      .catch(() => {})
      .then(() => {
        if (job.watchers.size > 0) this.watchList.want(job)
        this.watchList.release(job)
      })
    return { job, accepted: told }
  }

  /** Calls `onChange` with every change from now on, the present state first, until the wait is over. */
  watch(job: TrackedJob, onChange: (update: JobUpdate) => void, onFail: (error: JobwireError) => void): () => void {
    if (this.#closed && !job.ended) {
      onFail(clientClosed())
      return () => {}
    }
    const watcher = { changed: onChange, failed: onFail }
    const release = this.#hold()
    job.watchers.add(watcher)
    if (job.latest !== undefined) onChange(job.latest)
    this.watchList.want(job)
    return () => {
      job.watchers.delete(watcher)
      this.watchList.release(job)
      release()
    }
  }

  /** Settles with the output of a job once it has ended; the answer gives up. */
  awaitOutput(
    tracked: TrackedJob,
    resolve: (output: Json | undefined) => void,
    reject: (error: unknown) => void,
  ): () => void {
    const job = this.watchList.attach(tracked)
    const onChange = (update: JobUpdate) => {
      if (!isTerminal(update.status)) return
      if (update.status !== 'success') return reject(new JobError(update))
      this.complete(job, update).then((whole) => resolve(whole.output), reject)
    }
    return this.watch(job, onChange, reject)
  }

  /** An update with its output, fetched where it was too large to be pushed. */
  async complete(job: TrackedJob, update: JobUpdate): Promise<JobUpdate> {
    if (!update.outputOmitted) return update
    const fetching = (job.whole ??= this.#rest.job(job.id))
    try {
      const { id, version, status, attempts, startedAt, finishedAt, output } = await fetching
      return {
        id,
        version,
        status,
        attempts,
        ...(startedAt !== undefined && { startedAt }),
        ...(finishedAt !== undefined && { finishedAt }),
        ...(output !== undefined && { output }),
      }
    } catch (error) {
      job.whole = undefined
      throw error
    }
  }

  async get(id: string): Promise<JobRecord> {
    checkId(id)
    if (this.#closed) throw clientClosed()
    return this.#rest.job(id)
  }

  async cancel(id: string): Promise<JobUpdate> {
    checkId(id)
    if (this.#closed) throw clientClosed()
    return this.#rest.cancel(id)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#rest.close()
    this.#failAll(clientClosed())
    await this.#link.close()
  }

  async #submitByRest(json: string): Promise<{ outcome: SubmitOutcome; connection: undefined }> {
    const outcome = await this.#rest.submit(json)
    if ('error' in outcome) throw fromWire(outcome.error)
    return { outcome, connection: undefined }
  }

  #accepted(job: TrackedJob, outcome: SubmitOutcome, connection: object | undefined): void {
    // What became of a job that existed before is not in the outcome, nor is it sure to be pushed to us.
    if ('error' in outcome) return
    if (outcome.existed) {
      job.status = job.latest?.status ?? outcome.status
    } else {
      job.watchedOn = connection
      job.apply({ id: job.id, version: outcome.version, status: outcome.status, attempts: 0 })
    }
  }

  async #address(check: boolean): Promise<string> {
    if (check) this.#socketUrl = (await this.#rest.info(1)).socketUrl
    const address = new URL(this.#socketUrl)
    address.searchParams.set('token', await this.#rest.token())
    address.searchParams.set('session', this.#session)
    return address.href
  }

  #failAll(error: JobwireError): void {
    this.#outbox.drain(error)
    this.watchList.fail(error)
  }

  /** Counts what is waited for: while it is anything, the connection and the process are kept. */
  #hold(): () => void {
    if (this.#waiting++ === 0) this.#link.setBusy(true)
    return () => {
      if (--this.#waiting === 0) this.#link.setBusy(false)
    }
  }
}
