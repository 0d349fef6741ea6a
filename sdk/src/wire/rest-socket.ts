import type { ClientFrame, ServerFrame } from '../../../protocol/wire/frames.ts'
import type { CancelOutcome, JobRequest, JobUpdate } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { GetJobAnswer, JobUpdateAnswer, SubmitManyAnswer } from '../../../protocol/wire/rest.ts'
import type { WireError } from '../../../protocol/kit/errors.ts'
import { JobwireError } from '../api/errors.ts'
import { jobPath } from './rest-client.ts'
import type { RestClient } from './rest-client.ts'
import type { OpenSocket, SocketEvents } from './socket.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'

/** The pause between two rounds of polling: at first, and at most while nothing changes. */
const MIN_WAIT_MS = 500
const MAX_WAIT_MS = 10_000
const PARALLEL = 6

/**
 * Makes what replaces a socket where sockets are blocked. It takes the frames of the client, makes REST requests of
 * them, and returns the answers as frames of the platform, so that nothing else needs to know of it.
 */
export function createRestSocket(rest: RestClient, clock: Clock): OpenSocket {
  return (_url, events) => {
    const polling = new Polling(rest, clock, events)
    queueMicrotask(() => events.opened())
    const end = () => {
      if (polling.end()) queueMicrotask(() => events.closed())
    }
    return {
      send: (text) => void polling.answer(JSON.parse(text) as ClientFrame),
      close: end,
      terminate: end,
      hold: (held) => polling.hold(held),
    }
  }
}

class Polling {
  readonly #rest: RestClient
  readonly #clock: Clock
  readonly #events: SocketEvents
  /** The watched jobs, each with the latest version that the client has received. */
  readonly #versions = new Map<string, number>()
  #waitMs = MIN_WAIT_MS
  #cancelTimer: (() => void) | undefined
  #polling = false
  #held = true
  #ended = false

  constructor(rest: RestClient, clock: Clock, events: SocketEvents) {
    this.#rest = rest
    this.#clock = clock
    this.#events = events
  }

  async answer(frame: ClientFrame): Promise<void> {
    const { ref } = frame
    try {
      if (frame.type === 'ping') this.#say({ type: 'pong', ref })
      else if (frame.type === 'submit') this.#say({ type: 'accepted', ref, jobs: await this.#submit(frame.jobs) })
      else if (frame.type === 'cancel') {
        this.#say({ type: 'cancelled', ref, jobs: await inParallel(frame.ids, (id) => this.#cancel(id)) })
      } else {
        const jobs = await inParallel(frame.ids, (id) => this.#look(id))
        this.#say({ type: 'state', ref, jobs: jobs.filter((job) => job !== undefined) })
      }
    } catch (error) {
      this.#say({ type: 'error', ref, error: wireError(error) })
    }
    this.#soon()
  }

  hold(held: boolean): void {
    this.#held = held
    this.#soon()
  }

  end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#cancelTimer?.()
    return true
  }

  async #submit(jobs: readonly JobRequest[]): Promise<SubmitManyAnswer['jobs']> {
    const answer = await this.#rest.call<SubmitManyAnswer>('POST', '/jobs', { body: JSON.stringify({ jobs }) })
    for (const outcome of answer.jobs) {
      if (!('error' in outcome) && !outcome.existed) this.#versions.set(outcome.id, outcome.version)
    }
    return answer.jobs
  }

  async #cancel(id: string): Promise<CancelOutcome> {
    try {
      return (await this.#rest.call<JobUpdateAnswer>('POST', `${jobPath(id)}/cancel`)).job
    } catch (error) {
      return { id, error: wireError(error) }
    }
  }

  /** Reads the present state of a job, and watches it from now on unless it has ended. */
  async #look(id: string): Promise<JobUpdate | undefined> {
    try {
      const { job } = await this.#rest.call<GetJobAnswer>('GET', jobPath(id))
      if (isTerminal(job.status)) this.#versions.delete(id)
      else this.#versions.set(id, job.version)
      return job
    } catch (error) {
      if (!JobwireError.is(error) || error.code !== 'JOB_NOT_FOUND') throw error
      this.#versions.set(id, 0)
      return undefined
    }
  }

  #soon(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#ended || !this.#held || this.#polling || this.#versions.size === 0) return
    this.#cancelTimer = this.#clock.after(this.#waitMs, () => void this.#poll())
  }

  async #poll(): Promise<void> {
    this.#polling = true
    let changed = false
    try {
      await inParallel([...this.#versions], async ([id, version]) => {
        const job = this.#ended ? undefined : await this.#look(id)
        if (job === undefined || job.version <= version) return
        changed = true
        this.#say({ type: 'jobs', jobs: [job] })
      })
    } catch {
      // The next round asks again. A refused token shows at the next attempt to connect.
    }
    this.#polling = false
    this.#waitMs = changed ? MIN_WAIT_MS : Math.min(MAX_WAIT_MS, this.#waitMs * 1.5)
    this.#soon()
  }

  #say(frame: ServerFrame): void {
    if (!this.#ended) this.#events.received(JSON.stringify(frame))
  }
}

/** Does the work for each item, a few at a time. Returns the answers in the order of the items. */
async function inParallel<Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers = new Array<Answer>(items.length)
  const left = items.entries()
  const worker = async () => {
    for (const [place, item] of left) answers[place] = await work(item)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  return answers
}

function wireError(error: unknown): WireError {
  const { code, message, path } = error as JobwireError
  // A lost network is not a refusal: the frame is sent again.
  const known = code === undefined || code === 'UNREACHABLE' ? 'UNAVAILABLE' : code
  return { code: known as WireError['code'], message, ...(path !== undefined && { path }) }
}
