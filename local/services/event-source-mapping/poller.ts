import type { CloudContext, LogEntry } from '../../context.ts'
import type { FunctionInvoker, InvocationResult } from '../function-invoker.ts'
import { FunctionThrottledError, InvocationCutOffError } from '../function-invoker.ts'
import type { ReceivedMessage } from '../sqs/message.ts'
import type { Queue } from '../sqs/queue.ts'
import { payloadSize } from '../sqs/api/receive-operations.ts'
import { billedRequests } from '../sqs/api/sqs-api.ts'
import { readBatchResponse } from './batch-response.ts'
import type { MappingSettings } from './mapping-settings.ts'
import { sqsRecord } from './sqs-event.ts'

/** SQS returns at most ten messages a call, and takes at most ten deletes. */
const MESSAGES_PER_CALL = 10
const LONG_POLL_MS = 20_000
/** Lambda's limit for one synchronous payload, minus the text around the records. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024 - 1024
const FIRST_BACKOFF_MS = 200
const MAX_BACKOFF_MS = 10_000
const RECOVERY_MS = 1_000

export interface PollerOptions {
  readonly context: CloudContext
  readonly settings: MappingSettings
  readonly queue: Queue
  readonly functions: FunctionInvoker
  readonly functionArn: string
  /** The function's name, for the bill. */
  readonly billedTo: string
  readonly maxWorkers: number
}

interface Batch {
  readonly messages: readonly ReceivedMessage[]
  /** The time at which the first of them becomes visible again. */
  readonly visibleAt: number
}

/**
 * Moves the messages of one queue into one function. One worker waits at the queue. When it gets a batch, the next
 * worker takes its place, until `maxWorkers` run. A worker that is done ends if another already waits.
 */
export class Poller {
  readonly #options: PollerOptions
  readonly #stop = new AbortController()
  readonly #workers = new Set<Promise<void>>()
  #workerWaits = false

  constructor(options: PollerOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#workerWaits || this.#stop.signal.aborted || this.#workers.size >= this.#options.maxWorkers) return
    const worker: Promise<void> = this.#work().finally(() => this.#workers.delete(worker))
    this.#workers.add(worker)
  }

  /** Stops receiving, and resolves once every received batch is dealt with. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#workers)
  }

  async #work(): Promise<void> {
    // The worker that waits takes every message at once, so a second one would find nothing.
    while (!this.#workerWaits && !this.#stop.signal.aborted) {
      try {
        const batch = await this.#next()
        if (batch === undefined) continue
        this.start()
        await this.#process(batch)
      } catch (error) {
        // The disk may be full, for example. The mapping must go on.
        this.#log('error', `the poller failed, and goes on in a second: ${String(error)}`)
        await this.#pause(RECOVERY_MS)
      }
    }
  }

  async #next(): Promise<Batch | undefined> {
    this.#workerWaits = true
    try {
      return await this.#gather()
    } finally {
      this.#workerWaits = false
    }
  }

  /** Collects up to a whole batch: the messages of one receive, or with a window, of all receives until it is over. */
  async #gather(): Promise<Batch | undefined> {
    const { context, settings, queue } = this.#options
    const first = await this.#receive(settings.batchSize, LONG_POLL_MS)
    if (first.length === 0) return undefined
    const now = context.clock.now()
    const messages = [...first]
    const endOfWindow = now + settings.windowMs
    let bytes = totalBytes(first)
    while (messages.length < settings.batchSize && bytes < MAX_EVENT_BYTES) {
      const remainingMs = endOfWindow - context.clock.now()
      if (remainingMs <= 0 || this.#stop.signal.aborted) break
      const more = await this.#receive(settings.batchSize - messages.length, Math.min(remainingMs, LONG_POLL_MS))
      messages.push(...more)
      bytes += totalBytes(more)
    }
    return { messages, visibleAt: now + queue.settings.visibilityTimeoutMs }
  }

  async #receive(wanted: number, waitMs: number): Promise<readonly ReceivedMessage[]> {
    const { queue } = this.#options
    const maxMessages = Math.min(wanted, MESSAGES_PER_CALL)
    const messages = await queue.receive({ maxMessages, waitMs, heldHere: true, signal: this.#stop.signal })
    this.#bill(billedRequests(totalBytes(messages)))
    return messages
  }

  async #process(batch: Batch): Promise<void> {
    for (const messages of this.#splitIntoEvents(this.#applyFaults(batch))) {
      const result = await this.#invoke(messages, batch.visibleAt)
      if (result !== undefined) this.#handleResult(messages, result)
    }
  }

  /** Applies the faults of the plan to a batch, and returns the messages that are left. */
  #applyFaults(batch: Batch): readonly ReceivedMessage[] {
    const { context, queue, billedTo: functionName } = this.#options
    const { faults } = context
    if (faults?.onDelivery === undefined) return batch.messages
    return batch.messages.filter((message) => {
      const { id: messageId, body, receives } = message
      const fault = faults.onDelivery!({ functionName, messageId, body, receives })
      // The message is deleted by the answer of its own invocation, whatever its twin's invocation returns.
      if (fault?.type === 'duplicate') void this.#invoke([message], batch.visibleAt)
      if (fault?.type === 'postpone') queue.changeVisibility([{ ...message, timeoutMs: fault.ms }])
      return fault?.type !== 'postpone'
    })
  }

  /** Splits a batch into events: ten messages of 1 MiB are more than one event may carry. */
  *#splitIntoEvents(messages: readonly ReceivedMessage[]): Iterable<readonly ReceivedMessage[]> {
    let part: ReceivedMessage[] = []
    let bytes = 0
    for (const message of messages) {
      const size = Buffer.byteLength(JSON.stringify(this.#record(message))) + 1
      if (part.length > 0 && bytes + size > MAX_EVENT_BYTES) {
        yield part
        part = []
        bytes = 0
      }
      part.push(message)
      bytes += size
    }
    yield part
  }

  /**
   * As on AWS, a throttled batch is kept and tried again until its messages are visible to others. Returns undefined if
   * that time has come, or if the invocation itself went wrong.
   */
  async #invoke(messages: readonly ReceivedMessage[], visibleAt: number): Promise<InvocationResult | undefined> {
    const { context, functions, functionArn } = this.#options
    const event = JSON.stringify({ Records: messages.map((message) => this.#record(message)) })
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)) {
      try {
        return await functions.invoke(functionArn, event)
      } catch (error) {
        if (!(error instanceof FunctionThrottledError)) {
          const level = error instanceof InvocationCutOffError ? 'debug' : 'error'
          this.#log(level, `the invocation failed, ${comeBack(messages.length)}: ${String(error)}`)
          return undefined
        }
        if (this.#stop.signal.aborted || context.clock.now() + backoffMs >= visibleAt) {
          this.#log('warn', `the function was throttled for too long, ${comeBack(messages.length)}`)
          return undefined
        }
      }
      await this.#pause(backoffMs)
    }
  }

  #handleResult(messages: readonly ReceivedMessage[], result: InvocationResult): void {
    if (result.functionError !== undefined) {
      this.#log('warn', `the function failed, ${comeBack(messages.length)}`)
      return
    }
    if (!this.#options.settings.reportsItemFailures) return this.#delete(messages)
    const outcome = readBatchResponse(result.payload, new Set(messages.map(({ id }) => id)))
    if (outcome.kind === 'success') return this.#delete(messages)
    if (outcome.kind === 'partial') return this.#delete(messages.filter(({ id }) => !outcome.failedIds.has(id)))
    this.#log('warn', `${outcome.reason}; ${comeBack(messages.length)}`)
  }

  #delete(messages: readonly ReceivedMessage[]): void {
    for (let index = 0; index < messages.length; index += MESSAGES_PER_CALL) {
      const handles = messages.slice(index, index + MESSAGES_PER_CALL).map(({ receiptHandle }) => receiptHandle)
      this.#options.queue.delete(...handles)
      this.#bill(1)
    }
  }

  #record(message: ReceivedMessage) {
    return sqsRecord(message, this.#options.queue.arn, this.#options.context.region)
  }

  #bill(requests: number): void {
    this.#options.context.meter.count('sqsRequest', this.#options.billedTo, requests)
  }

  /** Ends early when the poller is stopped. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        this.#stop.signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = this.#options.context.clock.after(ms, done)
      this.#stop.signal.addEventListener('abort', done)
      if (this.#stop.signal.aborted) done()
    })
  }

  #log(level: LogEntry['level'], message: string): void {
    const { context, settings } = this.#options
    context.log({ source: `event-source-mapping ${settings.logicalId}`, level, message })
  }
}

function totalBytes(messages: readonly ReceivedMessage[]): number {
  return messages.reduce((sum, message) => sum + payloadSize(message), 0)
}

function comeBack(count: number): string {
  return `${count} ${count === 1 ? 'message comes' : 'messages come'} back after the visibility timeout`
}
