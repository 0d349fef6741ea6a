import type { Principal } from '../../../wire/call.ts'
import type { Queue } from '../queue.ts'
import type { Fields } from './request-fields.ts'

/** The queues of this cloud, as operations find them. */
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
  /** Aborted where the caller hangs up: what is received then would be hidden for nobody. */
  readonly hungUp?: AbortSignal | undefined
}

export interface OperationAnswer {
  readonly output: Readonly<Record<string, unknown>>
  /** The messages that came or went, for what the call costs. */
  readonly payloadBytes?: number
}

/** One operation of SQS, whatever the protocol it came by. */
export interface Operation {
  /** The permission, which for a batch is that of the single action. */
  readonly action: string
  /** The names of the queues it touches; none means the whole account. */
  readonly queueName: (fields: Fields, accountId: string) => string | undefined
  readonly run: (request: OperationRequest) => OperationAnswer | Promise<OperationAnswer>
}
