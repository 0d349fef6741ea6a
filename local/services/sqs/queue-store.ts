import { join } from 'node:path'
import type { CloudContext } from '../../context.ts'
import type { QueueDirectory, Tags } from './api/operation.ts'
import { type FileJournal, type LiveMessages, openJournal } from './journal.ts'
import { MoveTasks } from './move-tasks.ts'
import { Queue } from './queue.ts'
import type { QueueSettings } from './queue-settings.ts'
import { readScratchQueues, writeScratchQueues } from './scratch-queues.ts'

export interface NewQueue {
  readonly settings: QueueSettings
  readonly tags: Tags
}

/**
 * The queues of one cloud, by name and by ARN. With a data directory, it keeps their messages, and the queues that
 * calls have made.
 */
export class QueueStore implements QueueDirectory {
  readonly accountId: string
  readonly region: string
  readonly moveTasks: MoveTasks
  readonly #context: CloudContext
  readonly #byName = new Map<string, Queue>()
  readonly #byArn = new Map<string, Queue>()
  readonly #scratch = new Set<Queue>()
  readonly #scratchPath: string | undefined
  readonly #journal: FileJournal | undefined

  constructor(context: CloudContext) {
    const { accountId, region, clock, dataDir } = context
    this.#context = context
    this.accountId = accountId
    this.region = region
    this.moveTasks = new MoveTasks({ clock, queueByArn: (arn) => this.byArn(arn) })
    if (dataDir === undefined) return
    this.#journal = openJournal(dataDir, () => snapshotMessages(this.all()))
    this.#scratchPath = join(dataDir, 'queues-of-calls.json')
  }

  now(): number {
    return this.#context.clock.now()
  }

  byName(name: string): Queue | undefined {
    return this.#byName.get(name)
  }

  byArn(arn: string): Queue | undefined {
    return this.#byArn.get(arn)
  }

  all(): Iterable<Queue> {
    return this.#byName.values()
  }

  /** Makes a queue of the template. */
  add(name: string, { settings, tags }: NewQueue): Queue {
    const { accountId, region, endpoint, clock, maxInFlight } = this.#context
    const queue = new Queue({
      name,
      arn: `arn:aws:sqs:${region}:${accountId}:${name}`,
      url: `${endpoint}/${accountId}/${name}`,
      clock,
      settings,
      tags,
      journal: this.#journal,
      restored: this.#journal?.takeRestored(name) ?? [],
      queueByArn: (arn) => this.byArn(arn),
      ...(maxInFlight === undefined ? {} : { maxInFlight }),
    })
    this.#byName.set(name, queue)
    this.#byArn.set(queue.arn, queue)
    return queue
  }

  create(name: string, options: NewQueue): Queue {
    const queue = this.add(name, options)
    this.#scratch.add(queue)
    this.changed(queue)
    return queue
  }

  /** Returns true for a queue that a call has made. */
  isScratch(queue: Queue): boolean {
    return this.#scratch.has(queue)
  }

  changed(queue: Queue): void {
    if (this.#scratch.has(queue)) writeScratchQueues(this.#scratchPath, [...this.#scratch])
  }

  remove(queue: Queue): void {
    // First the messages: after a crash in between, the queue is empty, and no later queue of its name gets them.
    queue.purge()
    this.#byName.delete(queue.name)
    this.#byArn.delete(queue.arn)
    if (this.#scratch.delete(queue)) writeScratchQueues(this.#scratchPath, [...this.#scratch])
    queue.close()
  }

  /** Called once the queues of the template exist: makes those again that calls had made before a restart. */
  restoreScratchQueues(): void {
    for (const { name, ...options } of readScratchQueues(this.#scratchPath)) {
      // A queue of the template may have taken the name.
      if (this.byName(name) === undefined) this.#scratch.add(this.add(name, options))
    }
    this.#journal?.dropUnclaimed()
  }

  close(): void {
    this.moveTasks.close()
    for (const queue of this.all()) queue.close()
    this.#journal?.close()
  }
}

function* snapshotMessages(queues: Iterable<Queue>): ReturnType<LiveMessages> {
  for (const queue of queues) {
    for (const message of queue.snapshot()) yield [queue.name, message]
  }
}
