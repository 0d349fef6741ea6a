import type { JobRecord, JobRequest, SubmitOutcome } from '../../protocol/job.ts'
import type { World } from './world.ts'

/** The REST API, as a program without the SDK uses it. */
export class Rest {
  readonly #world: World
  readonly #namespace: string

  constructor(world: World, namespace: string) {
    this.#world = world
    this.#namespace = namespace
  }

  /** Undefined where it failed as a whole. */
  async submit(jobs: readonly JobRequest[]): Promise<readonly SubmitOutcome[] | undefined> {
    const single = jobs.length === 1
    const { status, body } = await this.#call('POST', '/jobs', single ? jobs[0] : { jobs })
    if (single) return status >= 300 ? undefined : [body as SubmitOutcome]
    return status === 200 ? (body as { jobs: SubmitOutcome[] }).jobs : undefined
  }

  /** The record; undefined where there is none; tries again where the platform fails. */
  async job(id: string): Promise<JobRecord | undefined> {
    for (;;) {
      const { status, body } = await this.#call('GET', `/jobs/${id}`)
      if (status === 200) return (body as { job: JobRecord }).job
      if (status === 404) return undefined
      if (status < 500) throw new Error(`GET /jobs/${id} answered ${status}: ${JSON.stringify(body)}`)
    }
  }

  /** True where the platform says that the job is cancelled, or was ended before. */
  async cancel(id: string): Promise<number> {
    return (await this.#call('POST', `/jobs/${id}/cancel`)).status
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
