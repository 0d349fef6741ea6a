import type { AwsCall } from '../wire/call.ts'

/**
 * A fault in one AWS call of a function.
 *
 * - `crash`: the function is killed before the call is made, or after it was made and before the answer. As in a real
 *   kill, its other calls that are under way may or may not be made.
 * - `throttle`: the service refuses the call, in its own words: 429 on a push, `ProvisionedThroughputExceeded` from a
 *   table.
 * - `partial`: a call for many is done except for the entries at these places, which are throttled.
 * - `delay`: the call is made later.
 * - `cut`: the caller's connection breaks before the call is made, or after it.
 * - `gone`: a push finds the client's connection broken: 410.
 * - `lost`: a push is accepted, but the client's connection breaks before the message arrives.
 *
 * A fault that does not fit an operation (`gone` for a table) becomes a `throttle`.
 */
export type CallFault =
  | { readonly type: 'crash' | 'cut'; readonly when: 'before' | 'after' }
  | { readonly type: 'throttle' | 'gone' | 'lost' }
  | { readonly type: 'partial'; readonly places: readonly number[] }
  | { readonly type: 'delay'; readonly ms: number }

/** A fault on a message's way from a queue to a function. */
export type DeliveryFault =
  /** Another invocation gets it as well, at the same time. */
  | { readonly type: 'duplicate' }
  /** It is received but given to nobody, and becomes visible again after a time. */
  | { readonly type: 'postpone'; readonly ms: number }

export interface Delivery {
  readonly functionName: string
  readonly messageId: string
  readonly body: string
  /** 1 for the first receive. */
  readonly receives: number
}

/**
 * Decides which faults happen. Asked for every call that a function makes and for every message that it is given. `nth`
 * counts the calls of that function and operation from 0, so that a plan can name a point of a run.
 */
export interface FaultPlan {
  onCall?(call: AwsCall, nth: number): CallFault | undefined
  onDelivery?(delivery: Delivery): DeliveryFault | undefined
}
