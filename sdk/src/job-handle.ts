import { isTerminal } from '../../protocol/job.ts'
import type { JobStatus, JobUpdate } from '../../protocol/job.ts'
import type { Client } from './client.ts'
import { JobwireError } from './errors.ts'
import { checkOptions, timeoutMs } from './input.ts'
import type { TrackedJob } from './tracked-job.ts'
import type { Job, WaitOptions } from './types.ts'
import { waitWithin } from './wait.ts'

export class JobHandle<Output> implements Job<Output> {
  readonly #client: Client
  readonly #job: TrackedJob

  constructor(client: Client, job: TrackedJob) {
    this.#client = client
    this.#job = job
  }

  get id(): string {
    return this.#job.id
  }

  get status(): JobStatus {
    return this.#job.status
  }

  async result(options: WaitOptions = {}): Promise<Output> {
    checkOptions(options, ['timeout', 'signal'])
    const limits = { timeoutMs: timeoutMs(options), signal: options.signal, jobId: this.id }
    const output = await waitWithin(this.#client.timers, limits, (resolve, reject) =>
      this.#client.awaitOutput(this.#job, resolve, reject),
    )
    return output as Output
  }

  updates(options: Pick<WaitOptions, 'signal'> = {}): AsyncIterableIterator<JobUpdate> {
    checkOptions(options, ['signal'])
    timeoutMs(options)
    return iterate(this.#client, this.#job, options.signal)
  }
}

/** Every change of a job, kept until it is asked for, however slowly. */
async function* iterate(
  client: Client,
  tracked: TrackedJob,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobUpdate, void, undefined> {
  const job = client.watchList.attach(tracked)
  const updates: JobUpdate[] = []
  let failure: JobwireError | undefined
  let wake = () => {}
  const fail = (error: JobwireError) => {
    failure ??= error
    wake()
  }
  const onAbort = () =>
    fail(new JobwireError('ABORTED', 'The updates were aborted; the job goes on.', { cause: signal?.reason }))
  const onChange = (update: JobUpdate) => {
    updates.push(update)
    wake()
  }
  if (signal?.aborted) onAbort()
  const stop = client.watch(job, onChange, fail)
  signal?.addEventListener('abort', onAbort)
  try {
    for (;;) {
      const update = updates.shift()
      if (update !== undefined) {
        yield await client.complete(job, update)
        if (isTerminal(update.status)) return
      } else if (failure !== undefined) {
        throw failure
      } else {
        await new Promise<void>((resolve) => (wake = resolve))
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    stop()
  }
}
