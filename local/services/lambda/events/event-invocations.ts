import type { CloudContext } from '../../../context.ts'
import type { QueueSender } from '../../queue-sender.ts'
import { FunctionThrottledError, InvocationCutOffError, type InvocationResult } from '../../function-invoker.ts'
import { DEFAULT_EVENT_INVOKE_CONFIG, type EventInvokeConfig, parseEventInvokeConfig } from './event-invoke-config.ts'
import type { CreatedResource, ResolvedResource } from '../../service.ts'
import type { FunctionPool } from '../functions/function-pool.ts'

/** AWS repeats a failed asynchronous invocation twice, after one and after two minutes. */
const RETRY_DELAYS_MS = [60_000, 120_000]
const FIRST_THROTTLE_DELAY_MS = 1_000
const LONGEST_THROTTLE_DELAY_MS = 300_000

/** The reason why Lambda gives an event up. */
type Condition = 'RetriesExhausted' | 'EventAgeExceeded'

/** Invocations of the type `Event`: accepted at once, run later, and repeated if they fail. */
export class EventInvocations {
  readonly #context: CloudContext
  readonly #queues: QueueSender
  readonly #configs = new Map<string, EventInvokeConfig>()
  readonly #stops = new Set<() => void>()
  #closed = false

  constructor(context: CloudContext, queues: QueueSender) {
    this.#context = context
    this.#queues = queues
  }

  /** Makes an `AWS::Lambda::EventInvokeConfig`, or changes it. */
  configure(find: (nameOrArn: string) => FunctionPool, resource: ResolvedResource): CreatedResource {
    const { name } = find(String(resource.properties['FunctionName'])).configuration
    this.#configs.set(name, parseEventInvokeConfig(resource))
    return { ref: `${name}:$LATEST`, attributes: {} }
  }

  useDefaults({ ref }: CreatedResource): void {
    this.#configs.delete(ref.split(':')[0]!)
  }

  /**
   * Resolves once the event is over: the function has handled it, or Lambda has given it up. Rejects with an
   * `InvocationCutOffError` if the cloud closes before.
   */
  async accept(pool: FunctionPool, payload: string, requestId: string): Promise<void> {
    const config = this.#configs.get(pool.configuration.name) ?? DEFAULT_EVENT_INVOKE_CONFIG
    const expiresMs = this.#context.clock.now() + config.maxAgeMs
    const event = { pool, config, payload, requestId }
    let failures = 0
    let throttleDelayMs = FIRST_THROTTLE_DELAY_MS
    for (;;) {
      const result = await this.#attempt(event)
      if (result !== undefined && result.functionError === undefined) return
      let delayMs = throttleDelayMs
      if (result === undefined) {
        throttleDelayMs = Math.min(throttleDelayMs * 2, LONGEST_THROTTLE_DELAY_MS)
      } else {
        if (failures >= config.maxRetries) return this.#giveUp(event, 'RetriesExhausted', failures + 1, result)
        delayMs = RETRY_DELAYS_MS[failures++]!
      }
      if (this.#context.clock.now() + delayMs > expiresMs) {
        return this.#giveUp(event, 'EventAgeExceeded', failures, result)
      }
      await this.#wait(delayMs)
    }
  }

  close(): void {
    this.#closed = true
    for (const stop of this.#stops) stop()
  }

  /** Returns undefined if the invocation was throttled. */
  async #attempt({ pool, payload, requestId }: AcceptedEvent): Promise<InvocationResult | undefined> {
    this.#requireOpen()
    try {
      return await pool.invoke(payload, requestId)
    } catch (error) {
      this.#requireOpen()
      if (error instanceof FunctionThrottledError) return undefined
      const message = `The asynchronous invocation ${requestId} failed: ${String(error)}; its event is dropped.`
      this.#context.log({ source: pool.configuration.name, level: 'error', message })
      throw error
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new InvocationCutOffError('The local cloud is closing.')
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = (): void => {
        this.#stops.delete(stop)
        cancelAlarm()
        resolve()
      }
      const cancelAlarm = this.#context.clock.after(ms, stop)
      this.#stops.add(stop)
    })
  }

  #giveUp(event: AcceptedEvent, condition: Condition, invocations: number, result?: InvocationResult): void {
    const { pool, config, requestId } = event
    const { name: source, roleArn } = pool.configuration
    const log = (message: string): void => this.#context.log({ source, level: 'error', message })
    if (config.onFailureArn === undefined) {
      return log(`The asynchronous invocation ${requestId} failed for the last time; its event is dropped.`)
    }
    try {
      const body = this.#failureRecord(event, condition, invocations, result)
      this.#queues.send({ roleArn, queueArn: config.onFailureArn, body, sender: 'lambda' })
      log(`The asynchronous invocation ${requestId} failed for the last time; its event is in ${config.onFailureArn}.`)
    } catch (error) {
      log(`The asynchronous invocation ${requestId} failed for the last time; its event is dropped: ${String(error)}`)
    }
  }

  #failureRecord(
    { pool, payload, requestId }: AcceptedEvent,
    condition: Condition,
    approximateInvokeCount: number,
    result: InvocationResult | undefined,
  ): string {
    const functionArn = `${pool.functionArn}:$LATEST`
    return JSON.stringify({
      version: '1.0',
      timestamp: new Date(this.#context.clock.now()).toISOString(),
      requestContext: { requestId, functionArn, condition, approximateInvokeCount },
      requestPayload: JSON.parse(payload) as unknown,
      ...(result && {
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: result.functionError },
        responsePayload: JSON.parse(result.payload) as unknown,
      }),
    })
  }
}

interface AcceptedEvent {
  readonly pool: FunctionPool
  readonly config: EventInvokeConfig
  readonly payload: string
  readonly requestId: string
}
