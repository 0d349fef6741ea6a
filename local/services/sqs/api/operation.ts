import type { Principal } from '../../../wire/call.ts'
import type { Queue } from '../queue.ts'
import type { Fields } from './request-fields.ts'

/** Finds the queues of this cloud for operations. */
export interface QueueDirectory {
  readonly accountId: string
  readonly region: string
  readonly now: () => number
  byName(name: string): Queue | undefined
  all(): Iterable<Queue>
}

export interface OperationRequest {
  readonly fields: Fields
  readonly principal: Principal
  readonly directory: QueueDirectory
  /** Aborted if the caller hangs up: received messages would then be hidden for nobody. */
  readonly hungUp?: AbortSignal | undefined
}

export interface OperationAnswer {
  readonly output: Readonly<Record<string, unknown>>
  /** The size of the messages that were sent or received, for the bill. */
  readonly payloadBytes?: number
}

/** One operation of SQS, the same for all protocols. */
export interface Operation {
  /** The permission it needs. A batch needs the permission of the single action. */
  readonly action: string
  /** Returns the name of the queue it touches; undefined stands for the whole account. */
  readonly queueName: (fields: Fields, accountId: string) => string | undefined
  readonly run: (request: OperationRequest) => OperationAnswer | Promise<OperationAnswer>
}
