import type { JobStatus, JobUpdate } from '../../../protocol/job/job.ts'
import type { Client } from '../client/client.ts'
import { checkOptions, WAIT_OPTIONS } from '../api/input.ts'
import { late } from '../client/late.ts'
import type { TrackedJob } from '../client/tracked-job.ts'
import type { Job, WaitOptions } from '../api/types.ts'
import { waitWithin } from '../time/wait.ts'

export class JobHandle<Output> implements Job<Output> {
  /** A property, not a getter: logs and JSON show it. */
  readonly id: string
  readonly #client: Client
  readonly #job: TrackedJob

  constructor(client: Client, job: TrackedJob) {
    this.id = job.id
    this.#client = client
    this.#job = job
  }

  get status(): JobStatus {
    return this.#job.status
  }

  async result(options: WaitOptions = {}): Promise<Output> {
    checkOptions(options, WAIT_OPTIONS)
    const limits = this.#client.withDefaults(options)
    const output = await waitWithin(this.#client.clock, limits, this.id, (resolve, reject) =>
      this.#client.awaitOutput(this.#job, resolve, reject),
    )
    return output as Output
  }

  async *updates(options?: WaitOptions): AsyncIterableIterator<JobUpdate> {
    const { followJob } = await late(import('./follow.ts'))
    yield* followJob(this.#client, this.#job, options)
  }
}
