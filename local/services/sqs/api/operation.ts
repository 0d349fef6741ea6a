import type { Authorization, Principal } from '../../../wire/call.ts'
import type { MoveTasks } from '../move-tasks.ts'
import type { Queue } from '../queue.ts'
import type { QueueSettings } from '../queue-settings.ts'
import type { Fields } from './request-fields.ts'

/** Finds the queues of this cloud for operations. */
export interface QueueDirectory {
  readonly accountId: string
  readonly region: string
  readonly now: () => number
  byName(name: string): Queue | undefined
  byArn(arn: string): Queue | undefined
  all(): Iterable<Queue>
  /** Makes a queue that is not of the template. */
  create(name: string, options: { readonly settings: QueueSettings; readonly tags: Tags }): Queue
  /** Called when the settings or the tags of a queue have changed. */
  changed(queue: Queue): void
  /** Deletes a queue with its messages. A queue of the template is there again at the next start. */
  remove(queue: Queue): void
  readonly moveTasks: MoveTasks
}

export type Tags = Readonly<Record<string, string>>

export interface OperationRequest {
  readonly fields: Fields
  readonly principal: Principal
  readonly directory: QueueDirectory
  /** The header `X-Amzn-Trace-Id` of the call. */
  readonly traceHeader?: string | undefined
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
  /** Returns the permissions that it needs beside the first. */
  readonly alsoNeeds?: (fields: Fields, directory: QueueDirectory) => readonly Authorization[]
  readonly run: (request: OperationRequest) => OperationAnswer | Promise<OperationAnswer>
}
