import type { JobStatus, JobUpdate } from '../../../protocol/job/job.ts'
import type { Client } from './client.ts'
import { checkOptions, WAIT_OPTIONS } from '../api/input.ts'
import { iterate } from './lazy.ts'
import type { TrackedJob } from './tracked-job.ts'
import type { Job, WaitOptions } from '../api/types.ts'
import { waitWithin } from '../time/wait.ts'

export class JobHandle<Output> implements Job<Output> {
  /** A property, not a getter: it is what a log or an answer as JSON shows of a job. */
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
    const output = await waitWithin(this.#client.timers, limits, this.id, (resolve, reject) =>
      this.#client.awaitOutput(this.#job, resolve, reject),
    )
    return output as Output
  }

  updates(options: WaitOptions = {}): AsyncIterableIterator<JobUpdate> {
    return iterate<JobUpdate>('updates', this.#client, [this.#job, options])
  }
}
