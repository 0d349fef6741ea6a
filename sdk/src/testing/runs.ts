import type { AnnouncePorts } from '../../../lambdas/domain/record/announce.ts'
import type { Heartbeat, WatchedRun } from '../../../lambdas/domain/run/heartbeat.ts'
import type { BatchItem, JobInBatch } from '../../../lambdas/domain/batch/job-in-batch.ts'
import type { JobQueue } from '../../../lambdas/domain/queue/job-queue.ts'
import type { JobWait, LongDelay } from '../../../lambdas/domain/queue/long-delay.ts'
import type { StoredJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { PutBack } from '../../../lambdas/domain/batch/put-back.ts'
import type { LiveJob } from '../../../lambdas/domain/record/live-job.ts'
import { createChangeRecorder } from '../../../lambdas/domain/record/record-changes.ts'
import type { RunJobPorts } from '../../../lambdas/domain/run/run-job.ts'
import { EXPIRED, OUTLIVED } from '../../../lambdas/domain/run/job-failures.ts'
import { failWithoutRun, runJob } from '../../../lambdas/domain/run/run-job.ts'
import { hasNeverStarted } from '../../../lambdas/domain/batch/triage.ts'
import type { Json } from '../../../protocol/job/job.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { MemoryJobStore } from './job-store.ts'

export interface MemoryRunPorts extends RunJobPorts, AnnouncePorts {
  readonly store: MemoryJobStore
  /** Returns true if the jobs of a task wait until the test settles them. */
  readonly isHeld: (task: string) => boolean
}

/** The queues and workers in memory: every job runs as soon as it is due, in parallel with all others. */
export class MemoryRuns implements JobQueue, Heartbeat, Pick<LongDelay, 'forget'> {
  readonly #ports: () => MemoryRunPorts
  /** Lives of jobs that have a message already, and need no second one. */
  readonly #sent = new Set<string>()
  /** Cancels the alarms of jobs that are not due yet. */
  readonly #alarms = new Map<string, () => void>()
  readonly #running = new Map<LiveJob, (present: StoredJob) => void>()

  #answered: Promise<unknown> = Promise.resolve()

  constructor(ports: () => MemoryRunPorts) {
    this.#ports = ports
  }

  async send(messages: readonly QueueMessage[], due: ReadonlyMap<QueueMessage, number>): Promise<QueueMessage[]> {
    for (const message of messages) {
      if (this.#sent.has(lifeKey(message))) continue
      this.#sent.add(lifeKey(message))
      this.#beginAt(message, due.get(message))
    }
    return []
  }

  async forget(waits: readonly JobWait[]): Promise<void> {
    for (const wait of waits) {
      this.#alarms.get(waitKey(wait))?.()
      this.#alarms.delete(waitKey(wait))
    }
  }

  /** Lets no job begin before its submit is answered, or the client might hear of its end first. */
  beginAfter(answer: Promise<void>): void {
    this.#answered = Promise.all([this.#answered, answer])
  }

  watch(job: LiveJob, _run: WatchedRun, onOver: (present: StoredJob) => void): () => void {
    this.#running.set(job, onOver)
    return () => void this.#running.delete(job)
  }

  /** Stops the run of a job that has ended otherwise, as by a cancel. */
  written(stored: StoredJob): void {
    if (!isTerminal(stored.state.status)) return
    // A deleted id can begin another life at the same time.
    this.#sent.delete(lifeKey(stored))
    for (const [job, onOver] of [...this.#running]) if (job.stored.id === stored.id) onOver(stored)
  }

  #beginAt(message: QueueMessage, dueAt = 0): void {
    const { clock } = this.#ports()
    const key = waitKey({ ...message, dueAt })
    const cancel = clock.after(Math.max(0, dueAt - clock.now()), () => {
      this.#alarms.delete(key)
      void this.#begin(message)
    })
    this.#alarms.set(key, cancel)
  }

  async #begin(message: QueueMessage): Promise<void> {
    await this.#answered
    const ports = this.#ports()
    const job = this.#liveJob(message)
    if (job === undefined) return void this.#sent.delete(lifeKey(message))
    if (ports.isHeld(message.task)) return this.#hold(message)
    const time = { deadline: Infinity, wholeTimeMs: Infinity }
    const tools = { ...this.#runTools(message), ...time, heartbeat: this, underWay: { count: 0 } }
    // A task may change its input: it gets a copy.
    const input = JSON.parse(JSON.stringify(message.input)) as Json
    await runJob(ports, tools, {
      ...job,
      message: { ...message, input },
      ...{ claims: false, alone: false, lostRuns: 0, unrecorded: 0 },
    })
  }

  /** Lets a held job wait as in a queue: it fails once it is too late to start. */
  #hold(message: QueueMessage): void {
    const ports = this.#ports()
    const { startBy = Infinity, expiresAt } = message
    ports.clock.after(Math.min(startBy + 1, expiresAt) - ports.clock.now(), () => {
      const job = this.#liveJob(message)
      if (job === undefined || !hasNeverStarted(job.stored)) return
      const error = expiresAt <= ports.clock.now() ? OUTLIVED : EXPIRED
      void failWithoutRun(ports, this.#runTools(message), job, error, false)
    })
  }

  /** Returns the job of a message, or undefined if it has ended or its id has another life. */
  #liveJob(message: QueueMessage): JobInBatch | undefined {
    const stored = this.#ports().store.stored(message)
    if (stored?.createdAt !== message.createdAt || isTerminal(stored.state.status)) return undefined
    const { id } = message
    const item: BatchItem = { itemId: id, message, receiptHandle: id, receives: 1 }
    return { message, stored, items: [item] }
  }

  #runTools(message: QueueMessage) {
    const putBack: PutBack = {
      later: (_items, dueAt) => this.#beginAt(message, dueAt),
      retry: (_items, dueAt) => this.#beginAt(message, dueAt),
      done: async () => [],
    }
    return { putBack, recorder: createChangeRecorder(this.#ports(), 1) }
  }
}

function waitKey(wait: JobWait): string {
  return `${lifeKey(wait)}@${wait.dueAt}`
}

function lifeKey({ id, createdAt }: Pick<QueueMessage, 'id' | 'createdAt'>): string {
  return `${id}@${createdAt}`
}
