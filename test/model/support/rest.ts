import type { JobRecord, JobRequest, JobUpdate, SubmitOutcome } from '../../../protocol/job/job.ts'
import type { PublishBody } from '../../../protocol/manage/publish.ts'
import type { World } from './world.ts'

export interface Answer {
  readonly status: number
  readonly job?: JobUpdate
}

/** The REST API, as a program without the SDK uses it. */
export class Rest {
  readonly #world: World
  readonly #namespace: string

  constructor(world: World, namespace: string) {
    this.#world = world
    this.#namespace = namespace
  }

  /** Returns undefined if the request failed as a whole. */
  async submit(jobs: readonly JobRequest[]): Promise<readonly SubmitOutcome[] | undefined> {
    const single = jobs.length === 1
    const { status, body } = await this.#call('POST', '/jobs', single ? jobs[0] : { jobs })
    if (single) return status >= 300 ? undefined : [body as SubmitOutcome]
    return status === 200 ? (body as { jobs: SubmitOutcome[] }).jobs : undefined
  }

  /** Returns the outcome of one job; undefined if the request failed as a whole. */
  async outcomeOf(job: JobRequest): Promise<SubmitOutcome | undefined> {
    const { status, body } = await this.#call('POST', '/jobs', { jobs: [job] })
    return status === 200 ? (body as { jobs: SubmitOutcome[] }).jobs[0] : undefined
  }

  /** Returns the record; undefined if there is none. Tries again if the platform fails. */
  async job(id: string): Promise<JobRecord | undefined> {
    for (;;) {
      const { status, body } = await this.#call('GET', `/jobs/${id}`)
      if (status === 200) return (body as { job: JobRecord }).job
      if (status === 404) return undefined
      if (status < 500 && status !== 429) throw new Error(`GET /jobs/${id} gave ${status}: ${JSON.stringify(body)}`)
    }
  }

  /** Returns the job's new state; only the status if the answer has no state. */
  cancel(id: string): Promise<Answer> {
    return this.#change('POST', `/jobs/${id}/cancel`)
  }

  retry(id: string): Promise<Answer> {
    return this.#change('POST', `/jobs/${id}/retry`)
  }

  publish(id: string, body: PublishBody): Promise<Answer> {
    return this.#change('POST', `/jobs/${id}/publish`, body)
  }

  /** Tries again if the platform fails. */
  async delete(id: string): Promise<number> {
    for (;;) {
      const { status } = await this.#call('DELETE', `/jobs/${id}`)
      if (status < 500 && status !== 429) return status
    }
  }

  async #change(method: string, path: string, body?: unknown): Promise<Answer> {
    const { status, body: answer } = await this.#call(method, path, body)
    const { job } = (answer ?? {}) as { job?: JobUpdate }
    return job === undefined ? { status } : { status, job }
  }

  async #call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(this.#world.restUrl + path, {
      method,
      headers: { authorization: `Bearer ${await this.#world.token(this.#namespace)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
}
