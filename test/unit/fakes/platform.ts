import type { Log } from '../../../lambdas/domain/kit/log.ts'
import type { Push, Pusher } from '../../../lambdas/domain/record/pusher.ts'
import type { JobQueue } from '../../../lambdas/domain/queue/job-queue.ts'
import type { NewJob } from '../../../lambdas/domain/job/stored-job.ts'
import type { JobWait, LaterMessage, LongDelay } from '../../../lambdas/domain/queue/long-delay.ts'
import type { PostponedMessage, Redelivery } from '../../../lambdas/domain/queue/redelivery.ts'
import type { WebhookQueue } from '../../../lambdas/domain/webhooks/webhook-queue.ts'
import type { WebhookMessage } from '../../../protocol/webhooks/webhook.ts'
import type { BatchItem } from '../../../lambdas/domain/batch/job-in-batch.ts'
import type { HeldMessages, MessageHold } from '../../../lambdas/domain/batch/message-hold.ts'
import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import { ManualClock } from '../../../local/clock.ts'
import { MemoryPayloads } from './memory-payloads.ts'
import { MemorySlots } from './memory-slots.ts'
import { FakeJobStore } from './job-store.ts'

/** Keeps all pushes. `hold` makes them wait. */
export class MemoryPusher implements Pusher {
  readonly pushes: Push[] = []
  hold: Promise<void> = Promise.resolve()

  async push(pushes: readonly Push[]): Promise<void> {
    this.pushes.push(...pushes)
    await this.hold
  }

  /** Returns the updates of a job that were pushed, oldest first. */
  updatesOf(id: string): JobUpdate[] {
    return this.pushes.map(({ update }) => update).filter((update) => update.id === id)
  }

  watchersOf(id: string): string[] {
    return this.pushes.filter(({ update }) => update.id === id).flatMap(({ watchers }) => watchers)
  }
}

export class MemoryRegistry {
  /** The connection that each session has now. */
  readonly connections = new Map<string, string>()

  async connectionOf(_namespace: string, session: string): Promise<string | undefined> {
    return this.connections.get(session)
  }
}

export class MemoryQueue implements JobQueue {
  readonly sent: QueueMessage[] = []
  /** The times at which delayed messages are due, by id. */
  readonly due = new Map<string, number>()
  /** The same, by message. */
  readonly dueAt = new Map<QueueMessage, number>()
  /** Ids that cannot be sent. */
  readonly failing = new Set<string>()

  send(messages: readonly QueueMessage[], due: ReadonlyMap<QueueMessage, number>): Promise<QueueMessage[]> {
    for (const [message, dueAt] of due) {
      this.due.set(message.id, dueAt)
      this.dueAt.set(message, dueAt)
    }
    const unsent = messages.filter(({ id }) => this.failing.has(id))
    this.sent.push(...messages.filter((message) => !unsent.includes(message)))
    return Promise.resolve(unsent)
  }

  /** Returns the messages that were sent, each with the time that is left until it is due. */
  sentLater(now: number): { message: QueueMessage; delayMs: number }[] {
    return this.sent.map((message) => ({ message, delayMs: (this.dueAt.get(message) ?? now) - now }))
  }
}

/** Keeps the messages that are due later than a queue can hold them back. */
export class MemoryLongDelay implements LongDelay {
  readonly later: LaterMessage[] = []
  readonly forgotten: JobWait[] = []
  /** Ids that cannot be kept. */
  readonly failing = new Set<string>()

  async sendLater(messages: readonly LaterMessage[]): Promise<QueueMessage[]> {
    this.later.push(...messages.filter(({ message }) => !this.failing.has(message.id)))
    return messages.map(({ message }) => message).filter(({ id }) => this.failing.has(id))
  }

  async forget(waits: readonly JobWait[]): Promise<void> {
    this.forgotten.push(...waits)
  }
}

/** Keeps the webhooks that are queued. */
export class MemoryWebhookQueue implements WebhookQueue {
  readonly sent: WebhookMessage[] = []
  /** Ids of jobs whose webhooks cannot be queued. */
  readonly failing = new Set<string>()

  send(messages: readonly WebhookMessage[]): Promise<WebhookMessage[]> {
    const unsent = messages.filter(({ jobId }) => this.failing.has(jobId))
    this.sent.push(...messages.filter((message) => !unsent.includes(message)))
    return Promise.resolve(unsent)
  }
}

/** Keeps the messages that are put back, one entry for each call. */
export class MemoryRedelivery implements Redelivery {
  readonly calls: PostponedMessage[][] = []

  postpone(messages: readonly PostponedMessage[]): Promise<void> {
    this.calls.push([...messages])
    return Promise.resolve()
  }

  /** Returns the delays of the messages that were put back, in milliseconds, by receipt. */
  delays(): Record<string, number> {
    return Object.fromEntries(this.calls.flat().map(({ receiptHandle, delayMs }) => [receiptHandle, delayMs]))
  }
}

/** Notes what is done to the messages of a batch: `keep item-a`, `drop item-a`, `release`. */
export class MemoryHold implements MessageHold {
  readonly calls: string[] = []

  keep(items: readonly BatchItem[]): Promise<HeldMessages> {
    const note = (call: string, some: readonly BatchItem[]): void =>
      void this.calls.push([call, ...some.map(({ itemId }) => itemId)].join(' '))
    note('keep', items)
    return Promise.resolve({ drop: (dropped) => note('drop', dropped), release: () => note('release', []) })
  }
}

/** The ports in memory, with a clock that stands still. */
export function createPlatform(): {
  store: FakeJobStore
  pusher: MemoryPusher
  registry: MemoryRegistry
  queue: MemoryQueue
  longDelay: MemoryLongDelay
  redelivery: MemoryRedelivery
  hold: MemoryHold
  slots: MemorySlots
  webhooks: MemoryWebhookQueue
  webhookTargets: 'public' | 'any'
  random: () => number
  nextId: () => string
  ttlMs: number
  payloads: MemoryPayloads
  clock: ManualClock
  log: Log
  logged: Parameters<Log>[]
} {
  const logged: Parameters<Log>[] = []
  const clock = new ManualClock()
  let made = 0
  return {
    store: new FakeJobStore(clock),
    pusher: new MemoryPusher(),
    registry: new MemoryRegistry(),
    queue: new MemoryQueue(),
    longDelay: new MemoryLongDelay(),
    redelivery: new MemoryRedelivery(),
    hold: new MemoryHold(),
    slots: new MemorySlots(clock),
    webhooks: new MemoryWebhookQueue(),
    webhookTargets: 'public',
    // The longest that full jitter can give.
    random: () => 1,
    nextId: () => `made-${made++}`,
    ttlMs: 3_600_000,
    payloads: new MemoryPayloads(),
    clock,
    log: (...line) => void logged.push(line),
    logged,
  }
}

export function jobOf(id: string, task = 'echo', overrides: Partial<NewJob> = {}): NewJob {
  const createdAt = Date.UTC(2026, 0, 1)
  return {
    id,
    namespace: 'acme',
    task,
    input: null,
    priority: 'normal',
    queue: 'default',
    createdAt,
    expiresAt: createdAt + 86_400_000,
    ...overrides,
  }
}

export function messageOf(job: NewJob): QueueMessage {
  return { v: 1, ...job }
}

/** Makes the item of a batch that has the job's message, received for the first time. */
export function itemOf(job: NewJob, overrides: Partial<BatchItem> = {}): BatchItem {
  return {
    itemId: `item-${job.id}`,
    message: messageOf(job),
    receiptHandle: `receipt-${job.id}`,
    receives: 1,
    ...overrides,
  }
}
