import type { AwsCall } from '../wire/call.ts'

/**
 * What may go wrong with one AWS call of a function.
 *
 * - `crash`: the function is killed before the call is made, or after it was and before it is answered. Its other
 *   calls that are under way at that moment may or may not be made, as in a real kill.
 * - `throttle`: the service refuses the call, in its own words: 429 on a push, `ProvisionedThroughputExceeded` from
 *   a table.
 * - `partial`: a call for many is done but for the entries at these places, which are throttled.
 * - `delay`: the call is made later.
 * - `cut`: the caller's connection breaks before the call is made, or after it was.
 * - `gone`: a push finds the client's connection broken: 410.
 * - `lost`: a push is accepted, but the client's connection breaks before the message is there.
 *
 * What does not fit an operation (`gone` for a table) is a `throttle`.
 */
export type CallFault =
  | { readonly type: 'crash' | 'cut'; readonly when: 'before' | 'after' }
  | { readonly type: 'throttle' | 'gone' | 'lost' }
  | { readonly type: 'partial'; readonly places: readonly number[] }
  | { readonly type: 'delay'; readonly ms: number }

/** What may happen to a message on its way from a queue to a function. */
export type DeliveryFault =
  /** It is given to another invocation as well, at the same time. */
  | { readonly type: 'duplicate' }
  /** It is received, given to nobody, and visible again after a time. */
  | { readonly type: 'postpone'; readonly ms: number }

export interface Delivery {
  readonly functionName: string
  readonly messageId: string
  readonly body: string
  /** 1 for the first receive. */
  readonly receives: number
}

/**
 * Which faults happen. Asked for every call that a function makes and every message it is given; `nth` counts, from
 * 0, the calls of that function and operation, so that a plan can name a point of a run.
 */
export interface FaultPlan {
  onCall?(call: AwsCall, nth: number): CallFault | undefined
  onDelivery?(delivery: Delivery): DeliveryFault | undefined
}
