import { JOB_ERRORS } from '../../protocol/errors.ts'
import { idOfKey } from '../../protocol/key-id.ts'
import { isTerminal } from '../../protocol/job.ts'
import type { JobRecord, JobRequest, JobUpdate, SubmitOutcome } from '../../protocol/job.ts'
import type { Parsed } from '../../protocol/parsed.ts'
import { accept, refuse } from '../../protocol/parsed.ts'
import { durationMs } from '../../protocol/policy.ts'
import { parseProgress } from '../../protocol/parse-progress.ts'
import type { PublishBody } from '../../protocol/rest.ts'
import type { Task, TaskMap } from '../../protocol/task.ts'
import { changed, failureOf, isSame, jsonOf, updateOf } from './memory-job.ts'
import type { MemoryJob } from './memory-job.ts'
import type { Timers } from './timers.ts'

/** As long as the deployment that ships keeps its records. */
const KEEP_MS = 7 * 86_400_000
/** A run that takes longer is told of. */
const RUNNING_AFTER_MS = 250
const DEFAULT_RUN_TIMEOUT = '30s'

export interface MemoryPlatformOptions {
  readonly namespace: string
  /** Undefined where any name is a task, and its jobs wait to be settled. */
  readonly tasks: TaskMap | undefined
  readonly held: ReadonlySet<string>
  readonly timers: Timers
  readonly nextId: () => string
}

/** Stands in for a deployment: keeps the jobs, runs their tasks in this process, tells of every change. */
export class MemoryPlatform {
  readonly jobs = new Map<string, MemoryJob>()
  readonly namespace: string
  onChange: (update: JobUpdate) => void = () => {}
  readonly #options: MemoryPlatformOptions

  constructor(options: MemoryPlatformOptions) {
    this.#options = options
    this.namespace = options.namespace
  }

  async submit(parsed: Parsed<JobRequest>, path: string): Promise<SubmitOutcome> {
    if (!parsed.ok) return { error: parsed.error }
    const { idempotencyKey: key } = parsed.value
    const id = key === undefined ? (parsed.value.id ?? this.#options.nextId()) : await idOfKey(this.namespace, key)
    if (parsed.value.id !== undefined && parsed.value.id !== id) {
      const message = 'A job has either an "id" or an "idempotencyKey", from which its id follows. Send one of the two.'
      return { id, error: refuse('INVALID_REQUEST', message, `${path}idempotencyKey`).error }
    }
    const refusal = await this.#check(parsed.value, path)
    if (refusal !== undefined) return { id, error: refusal.error }
    const before = this.find(id)
    if (before === undefined) return this.#begin(id, parsed.value, 1)
    return this.#meet(before, parsed.value)
  }

  /** A job that has not expired. */
  find(id: string): MemoryJob | undefined {
    const job = this.jobs.get(id)
    if (job === undefined || job.record.expiresAt > this.#options.timers.now()) return job
    this.jobs.delete(id)
    return undefined
  }

  read(id: string): Parsed<MemoryJob> {
    const job = this.find(id)
    if (job !== undefined) return accept(job)
    return refuse(
      'JOB_NOT_FOUND',
      `There is no job "${id}", or it has expired. Check the id, or submit it again.`,
      'id',
    )
  }

  /** Puts a change on a job that has not ended. */
  change(job: MemoryJob, change: Partial<JobUpdate>): JobUpdate {
    const before = job.record
    job.record = changed(before, change)
    if (job.record === before) return updateOf(before)
    if (job.record.status !== 'running') job.stop()
    const update = updateOf(job.record)
    this.onChange(update)
    return update
  }

  /** An end from outside the run. */
  end(job: MemoryJob, change: Partial<JobUpdate>): JobUpdate {
    return this.change(job, { ...change, finishedAt: this.#options.timers.now() })
  }

  retry(id: string): Parsed<SubmitOutcome> {
    const found = this.read(id)
    if (!found.ok) return found
    const { record, request } = found.value
    if (record.queue === 'external') return external(id)
    if (record.status === 'success') {
      return refuse('ALREADY_FINISHED', `The job "${id}" has succeeded: submit another one under another id.`, 'id')
    }
    if (!isTerminal(record.status)) return accept(existing(record))
    const { delay: _delay, ...again } = request
    return accept(this.#begin(id, again, record.version + 1))
  }

  publish(id: string, body: PublishBody): Parsed<JobUpdate> {
    const job = this.find(id) ?? this.#external(id, body)
    const { record } = job
    const now = this.#options.timers.now()
    if (record.queue !== 'external') {
      const message = `A queue runs the job "${id}", and its task tells what becomes of it. Publish under another id.`
      return refuse('JOB_IS_QUEUED', message, 'id')
    }
    if (body.task !== undefined && body.task !== record.task) {
      const message = `The job "${id}" was published as "${record.task}". Publish under another id, or leave "task" out.`
      return refuse('IDEMPOTENCY_CONFLICT', message, 'task')
    }
    const told = endOf(body)
    if (isTerminal(record.status)) {
      const same = told.status === record.status && isSame([told.output, told.error], [record.output, record.error])
      const message = `The job "${id}" has ended already, and that never changes. Publish under another id.`
      return same ? accept(updateOf(record)) : refuse('ALREADY_FINISHED', message, 'id')
    }
    const progress = body.progress === undefined ? {} : { progress: body.progress }
    const startedAt = record.startedAt ?? now
    if (told.status !== undefined) {
      const attempts = record.attempts + (told.status === 'failed' ? 1 : 0)
      return accept(this.end(job, { ...told, ...progress, attempts, startedAt }))
    }
    const nothingNew = body.progress === undefined ? record.progress : isSame(body.progress, record.progress)
    if (nothingNew) return accept(updateOf(record))
    return accept(this.change(job, { status: 'running', startedAt, ...progress }))
  }

  async #check(request: JobRequest, path: string) {
    const { tasks } = this.#options
    if (tasks === undefined) return undefined
    const task = this.#taskOf(request.task)
    if (task === undefined) {
      const message = `This deployment has no task "${request.task}". It has: ${Object.keys(tasks).join(', ')}.`
      return refuse('UNKNOWN_TASK', message, `${path}task`)
    }
    const checked = await task.input?.['~standard'].validate(request.input ?? null)
    const issue = checked?.issues?.[0]
    if (issue === undefined) return undefined
    const keys = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
    const sentence = issue.message.replace(/[.\s]*$/, '.')
    const message = `The input is not what the task wants: ${sentence}`
    return refuse('INPUT_INVALID', message, [`${path}input`, ...keys].join('.'))
  }

  #taskOf(name: string): Task | undefined {
    const { tasks } = this.#options
    return tasks !== undefined && Object.hasOwn(tasks, name) ? tasks[name] : undefined
  }

  #meet({ record }: MemoryJob, request: JobRequest): SubmitOutcome {
    const { id } = record
    if (record.queue === 'external') return { id, ...external(id) }
    if (record.task !== request.task || !isSame(record.input, request.input ?? null)) {
      const message =
        'This id or key names a job with another task or input. Get that job, or submit under another name.'
      return { id, error: refuse('IDEMPOTENCY_CONFLICT', message).error }
    }
    const again = request.rerun && (record.status === 'failed' || record.status === 'cancelled')
    return again ? this.#begin(id, request, record.version + 1) : existing(record)
  }

  #begin(id: string, request: JobRequest, version: number): SubmitOutcome {
    const { timers } = this.#options
    const now = timers.now()
    const { task, input = null, priority, delay, ttl, idempotencyKey, metadata, tags, webhook } = request
    const delayMs = delay === undefined ? 0 : durationMs(delay)
    const record: JobRecord = {
      id,
      namespace: this.namespace,
      task,
      input,
      priority: priority ?? this.#taskOf(task)?.priority ?? 'normal',
      queue: 'default',
      createdAt: now,
      expiresAt: now + (ttl === undefined ? KEEP_MS : durationMs(ttl)),
      version,
      status: 'pending',
      attempts: 0,
      ...(delayMs > 0 && { dueAt: now + delayMs }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(metadata !== undefined && { metadata }),
      ...(tags !== undefined && { tags: [...new Set(tags)] }),
      ...(webhook !== undefined && { webhook }),
    }
    const job: MemoryJob = { record, request, stop: () => {} }
    this.jobs.set(id, job)
    job.stop = timers.after(delayMs, () => this.#run(job))
    if (version > 1) this.onChange(updateOf(record))
    return { id, status: 'pending', version }
  }

  #external(id: string, { task = 'external', ttl, metadata, tags, webhook }: PublishBody): MemoryJob {
    this.#begin(id, { task, ...(ttl && { ttl }), ...(metadata && { metadata }), ...(tags && { tags }) }, 1)
    const job = this.jobs.get(id)!
    job.stop()
    job.record = { ...job.record, queue: 'external', ...(webhook && { webhook }) }
    return job
  }

  #run(job: MemoryJob): void {
    const { timers, held } = this.#options
    const { record, request } = job
    const task = this.#taskOf(record.task)
    if (task === undefined || held.has(record.task)) return
    const startedAt = timers.now()
    const attempt = record.attempts + 1
    const abort = new AbortController()
    let over = false
    const settle = (change: Partial<JobUpdate>) => {
      if (over) return
      over = true
      this.end(job, { startedAt, ...change })
    }
    const failed = (thrown: unknown) => {
      if (over) return
      const error = failureOf(thrown)
      const attempts = request.attempts ?? task.attempts ?? 1
      if (!error.retryable || attempt >= attempts) return settle({ status: 'failed', attempts: attempt, error })
      over = true
      this.change(job, { status: 'pending', attempts: attempt, error, dueAt: timers.now() })
      job.stop = timers.after(0, () => this.#run(job))
    }
    const limit = request.timeout ?? task.timeout ?? DEFAULT_RUN_TIMEOUT
    const cancelTimeout = timers.after(durationMs(limit), () => {
      failed({ code: 'TASK_TIMEOUT', message: JOB_ERRORS.TASK_TIMEOUT, retryable: true })
    })
    const cancelRunning = timers.after(RUNNING_AFTER_MS, () => this.change(job, { status: 'running', startedAt }))
    job.stop = () => {
      over = true
      cancelTimeout()
      cancelRunning()
      abort.abort(new Error('Nobody wants the outcome of this run any more.'))
    }
    const context = {
      jobId: record.id,
      namespace: this.namespace,
      attempt,
      signal: abort.signal,
      log: () => {},
      progress: (value: unknown) => {
        const progress = parseProgress(value, 'progress')
        if (!progress.ok) throw new TypeError(progress.error.message)
        if (over) return
        cancelRunning()
        this.change(job, { status: 'running', startedAt, progress: progress.value })
      },
    }
    // A copy: the task's own changes of its input are its own.
    const input: unknown = structuredClone(record.input)
    new Promise((resolve) => resolve(task.run(input, context)))
      .then(async (output) => checkOutput(task, output))
      .then((output) => settle({ status: 'success', output: jsonOf(output) }))
      .catch(failed)
  }
}

async function checkOutput({ output }: Task, value: unknown): Promise<unknown> {
  const result = await output?.['~standard'].validate(value)
  if (result === undefined) return value
  if (result.issues === undefined) return result.value
  const message = `${JOB_ERRORS.OUTPUT_INVALID} ${result.issues.map((issue) => issue.message).join('; ')}`
  throw Object.assign(new Error(message), { code: 'OUTPUT_INVALID', retryable: false })
}

function existing({ id, status, version }: JobRecord): SubmitOutcome {
  return { id, status, version, existed: true }
}

function external(id: string): ReturnType<typeof refuse> {
  const message = `No queue runs the job "${id}": a program publishes what becomes of it. Submit under another id.`
  return refuse('JOB_IS_EXTERNAL', message)
}

function endOf(body: PublishBody): Partial<JobUpdate> {
  if (body.status === 'success') return { status: 'success', output: body.output ?? null }
  if (body.status !== 'failed') return {}
  return { status: 'failed', error: { ...body.error, retryable: body.error.retryable ?? false } }
}
