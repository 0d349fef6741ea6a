import type { Log } from '../../../lambdas/domain/log.ts'
import type { Delivery, JobQueue, NewJob, Pusher } from '../../../lambdas/domain/ports.ts'
import type { JobUpdate } from '../../../protocol/job.ts'
import type { QueueMessage } from '../../../protocol/queue-message.ts'
import { ManualClock } from '../../../local/clock.ts'
import { MemoryStore } from './memory-store.ts'

/** Keeps what is pushed. `hold` makes pushes wait. */
export class MemoryPusher implements Pusher {
  readonly deliveries: Delivery[] = []
  hold: Promise<void> = Promise.resolve()

  async push(deliveries: readonly Delivery[]): Promise<void> {
    this.deliveries.push(...deliveries)
    await this.hold
  }

  /** What was pushed about a job, oldest first. */
  updatesOf(id: string): JobUpdate[] {
    return this.deliveries.map(({ update }) => update).filter((update) => update.id === id)
  }

  watchersOf(id: string): string[] {
    return this.deliveries.filter(({ update }) => update.id === id).flatMap(({ watchers }) => watchers)
  }
}

export class MemoryQueue implements JobQueue {
  readonly sent: QueueMessage[] = []
  /** Ids that cannot be sent. */
  readonly failing = new Set<string>()

  send(messages: readonly QueueMessage[]): Promise<QueueMessage[]> {
    const unsent = messages.filter(({ id }) => this.failing.has(id))
    this.sent.push(...messages.filter((message) => !unsent.includes(message)))
    return Promise.resolve(unsent)
  }
}

/** The ports in memory, with a clock that stands still. */
export function createPlatform(): {
  store: MemoryStore
  pusher: MemoryPusher
  queue: MemoryQueue
  clock: ManualClock
  log: Log
  logged: Parameters<Log>[]
} {
  const logged: Parameters<Log>[] = []
  return {
    store: new MemoryStore(),
    pusher: new MemoryPusher(),
    queue: new MemoryQueue(),
    clock: new ManualClock(),
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
