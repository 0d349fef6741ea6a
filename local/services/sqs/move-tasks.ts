import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Queue } from './queue.ts'

/** A task that moves the messages of a dead-letter queue to another queue, or back to the queues they came from. */
export interface MoveTask {
  readonly id: string
  readonly sourceArn: string
  /** Absent: each message goes back to the queue that it came from. */
  readonly destinationArn?: string
  /** Absent: as fast as possible. */
  readonly messagesPerSecond?: number
  readonly startedAt: number
  /** The number of messages that could be received at the start. */
  readonly toMove: number
  moved: number
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'
  failureReason?: string
}

export type MoveTaskRequest = Pick<MoveTask, 'sourceArn' | 'destinationArn' | 'messagesPerSecond'>

interface MoveTaskDeps {
  readonly clock: Clock
  readonly queueByArn: (arn: string) => Queue | undefined
}

/** AWS remembers as many for each source. */
const REMEMBERED = 10
const MESSAGES_AT_ONCE = 1_000
const NO_SUCH_QUEUE = 'AWS.SimpleQueueService.NonExistentQueue'

/** The message moves of all queues. They live in memory: a restart forgets them, and what they have moved stays moved. */
export class MoveTasks {
  readonly #deps: MoveTaskDeps
  readonly #tasks = new Map<string, MoveTask[]>()
  readonly #alarms = new Map<MoveTask, () => void>()

  constructor(deps: MoveTaskDeps) {
    this.#deps = deps
  }

  start(request: MoveTaskRequest, source: Queue): MoveTask {
    const task: MoveTask = {
      ...request,
      id: randomUUID(),
      startedAt: this.#deps.clock.now(),
      toMove: source.counts().visible,
      moved: 0,
      status: 'RUNNING',
    }
    this.#tasks.set(task.sourceArn, [task, ...this.ofSource(task.sourceArn)].slice(0, REMEMBERED))
    this.#stepAfter(task, 0)
    return task
  }

  cancel(task: MoveTask): void {
    this.#end(task, 'CANCELLED')
  }

  /** Returns the tasks of a source, the latest first. */
  ofSource(sourceArn: string): readonly MoveTask[] {
    return this.#tasks.get(sourceArn) ?? []
  }

  close(): void {
    for (const cancel of this.#alarms.values()) cancel()
    this.#alarms.clear()
  }

  #stepAfter(task: MoveTask, ms: number): void {
    this.#alarms.set(
      task,
      this.#deps.clock.after(ms, () => this.#step(task)),
    )
  }

  #step(task: MoveTask): void {
    const source = this.#deps.queueByArn(task.sourceArn)
    if (source === undefined) return this.#end(task, 'FAILED', NO_SUCH_QUEUE)
    let problem: string | undefined
    try {
      task.moved += source.moveVisible(task.messagesPerSecond ?? MESSAGES_AT_ONCE, ({ deadLetterSourceArn }) => {
        const targetArn = task.destinationArn ?? deadLetterSourceArn
        const target = targetArn === undefined ? undefined : this.#deps.queueByArn(targetArn)
        // A message that was sent here directly came from no other queue.
        if (target === undefined) problem = targetArn === undefined ? 'CouldNotDetermineMessageSource' : NO_SUCH_QUEUE
        return target
      })
    } catch (error) {
      problem = String(error)
    }
    if (problem !== undefined) this.#end(task, 'FAILED', problem)
    else if (source.counts().visible === 0) this.#end(task, 'COMPLETED')
    else this.#stepAfter(task, task.messagesPerSecond === undefined ? 0 : 1_000)
  }

  #end(task: MoveTask, status: MoveTask['status'], failureReason?: string): void {
    this.#alarms.get(task)?.()
    this.#alarms.delete(task)
    task.status = status
    if (failureReason !== undefined) task.failureReason = failureReason
  }
}
