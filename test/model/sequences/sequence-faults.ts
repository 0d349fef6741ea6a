import type { CallFault, Delivery, DeliveryFault, FaultPlan } from '../../../local/faults/fault-plan.ts'
import type { AwsCall } from '../../../local/wire/call.ts'
import { ANY, type Fault } from './sequence.ts'

const NAMESPACE = /\bq\d+\b/g
const LISTS = ['Statements', 'Entries'] as const
/** Part of the key of a registered worker. */
const WORKERS = '"#workers"'

/** A call or a delivery that met a sequence, as the sequence counts them. */
export interface Point {
  readonly function: string
  readonly operation: string
  readonly nth: number
}

interface Armed {
  readonly faults: readonly Fault[]
  readonly counts: Map<string, number>
  /** Every point so far, for a test that wants to fail each of them in turn. */
  readonly points: Point[]
  crashes: number
}

/** A plan of faults for many sequences at once. Each meets its own faults, found by the namespace that a call names. */
export class SequenceFaults implements FaultPlan {
  readonly #armed = new Map<string, Armed>()
  /** The bodies of a namespace's messages, as they were sent to the queues. */
  readonly messages = new Map<string, { queueUrl: string; body: string }[]>()

  /** Counts the crashes of all namespaces, from the beginning. */
  crashes = 0

  /** Counts the registrations of workers. These calls belong to no namespace, and so to no sequence. */
  registrations = 0
  /** The fault of each such call. */
  registrationFault: CallFault | undefined

  arm(namespace: string, faults: readonly Fault[]): void {
    this.#armed.set(namespace, { faults, counts: new Map(), points: [], crashes: 0 })
  }

  /** Stops the faults of the namespace. Returns the number of crashes and the points it passed. */
  disarm(namespace: string): { crashes: number; points: readonly Point[] } {
    const armed = this.#armed.get(namespace)
    this.#armed.delete(namespace)
    return { crashes: armed?.crashes ?? 0, points: armed?.points ?? [] }
  }

  forget(namespace: string): void {
    this.disarm(namespace)
    this.messages.delete(namespace)
  }

  onCall(call: AwsCall): CallFault | undefined {
    const body = call.body.toString('latin1')
    const namespaces = new Set(body.match(NAMESPACE))
    if (call.operation === 'SendMessageBatch') this.#keepMessages(call)
    if (call.operation === 'UpdateItem' && body.includes(WORKERS)) {
      this.registrations++
      return this.registrationFault
    }
    let met: CallFault | undefined
    for (const namespace of namespaces) {
      const fault = this.#next(namespace, call.principal.name, call.operation)
      if (fault !== undefined && met === undefined) met = this.#callFault(fault, call, namespace)
    }
    return met
  }

  onDelivery({ functionName, body }: Delivery): DeliveryFault | undefined {
    const [namespace] = body.match(NAMESPACE) ?? []
    const fault = namespace === undefined ? undefined : this.#next(namespace, functionName, 'delivery')
    if (fault?.type === 'duplicate') return { type: 'duplicate' }
    return fault?.type === 'postpone' ? { type: 'postpone', ms: 1_000 } : undefined
  }

  #next(namespace: string, functionName: string, operation: string): Fault | undefined {
    const armed = this.#armed.get(namespace)
    if (armed === undefined) return undefined
    const here = `${functionName} ${operation}`
    const counts = new Map(
      [here, `${functionName} ${ANY}`, `${ANY} ${operation}`].map((place) => [place, take(armed.counts, place)]),
    )
    if (operation !== 'delivery') armed.points.push({ function: functionName, operation, nth: counts.get(here)! })
    return armed.faults.find((fault) => {
      const name = fault.function === ANY ? ANY : functionName
      const count = counts.get(`${name} ${fault.operation}`) ?? -1
      return (name === ANY || functionName.includes(fault.function)) && inRun(fault, count)
    })
  }

  #callFault(fault: Fault, call: AwsCall, namespace: string): CallFault {
    switch (fault.type) {
      case 'crashBefore':
      case 'crashAfter':
        this.#armed.get(namespace)!.crashes++
        this.crashes++
        return { type: 'crash', when: fault.type === 'crashBefore' ? 'before' : 'after' }
      case 'cutBefore':
      case 'cutAfter':
        return { type: 'cut', when: fault.type === 'cutBefore' ? 'before' : 'after' }
      case 'partial':
        return { type: 'partial', places: placesOf(call, namespace) }
      case 'delay':
        return { type: 'delay', ms: 40 }
      case 'gone':
      case 'lost':
        return { type: fault.type }
      default:
        return { type: 'throttle' }
    }
  }

  #keepMessages(call: AwsCall): void {
    const { QueueUrl, Entries } = call.input() as { QueueUrl: string; Entries: { MessageBody: string }[] }
    for (const { MessageBody: body } of Entries) {
      const [namespace] = body.match(NAMESPACE) ?? []
      if (namespace === undefined) continue
      const kept = this.messages.get(namespace) ?? []
      this.messages.set(namespace, kept)
      kept.push({ queueUrl: QueueUrl, body })
    }
  }
}

function inRun({ nth, times }: Fault, count: number): boolean {
  return count >= nth && count < nth + times
}

function take(counts: Map<string, number>, key: string): number {
  const count = counts.get(key) ?? 0
  counts.set(key, count + 1)
  return count
}

/**
 * Returns the places of this namespace's entries in a call, so that a partial fault does not throttle another
 * sequence's.
 */
function placesOf(call: AwsCall, namespace: string): number[] {
  const input = call.input()
  const entries = LISTS.map((name) => input[name]).find(Array.isArray) ?? []
  const own = new RegExp(`\\b${namespace}\\b`)
  return entries.flatMap((entry: unknown, place: number) => (own.test(JSON.stringify(entry)) ? [place] : []))
}
