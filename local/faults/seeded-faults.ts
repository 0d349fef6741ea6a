import type { CallFault, DeliveryFault, FaultPlan } from './fault-plan.ts'

/** The share of calls or deliveries, from 0 to 1, that meet a fault. */
export interface FaultRates {
  readonly crash?: number
  readonly throttle?: number
  readonly partial?: number
  readonly delay?: number
  readonly cut?: number
  /** Applies to pushes only. */
  readonly gone?: number
  readonly lost?: number
  /** Applies to deliveries only. */
  readonly duplicate?: number
  readonly postpone?: number
}

const LONGEST_DELAY_MS = 200
const POSTPONED_MS = 1_000
const BATCHES = new Set(['BatchExecuteStatement', 'BatchGetItem', 'SendMessageBatch'])

/**
 * Picks faults by chance. A decision depends only on the seed and on its subject (the function, its operation and the
 * number of the call; the message and its receives), so the same run meets the same faults in whatever order its parts
 * run.
 *
 * @example
 * await startCloud({ ...options, faults: seededFaults(42, { crash: 0.01, duplicate: 0.05 }) })
 */
export function seededFaults(seed: number, rates: FaultRates): FaultPlan {
  const chance = (what: string): number => hash(`${seed} ${what}`) / 2 ** 32
  return {
    onCall({ principal, operation }, nth) {
      const point = `${principal.name} ${operation} ${nth}`
      const kinds: [keyof FaultRates, () => CallFault][] = [
        ['crash', () => ({ type: 'crash', when: side(chance(`${point} side`)) })],
        ['cut', () => ({ type: 'cut', when: side(chance(`${point} side`)) })],
        ['throttle', () => ({ type: 'throttle' })],
        ['delay', () => ({ type: 'delay', ms: Math.ceil(chance(`${point} delay`) * LONGEST_DELAY_MS) })],
      ]
      if (BATCHES.has(operation)) kinds.push(['partial', () => ({ type: 'partial', places: [0] })])
      if (operation === 'PostToConnection') {
        kinds.push(['gone', () => ({ type: 'gone' })], ['lost', () => ({ type: 'lost' })])
      }
      return pickFault(kinds, rates, chance(point))
    },
    onDelivery({ functionName, messageId, receives }) {
      const kinds: [keyof FaultRates, () => DeliveryFault][] = [
        ['duplicate', () => ({ type: 'duplicate' })],
        ['postpone', () => ({ type: 'postpone', ms: POSTPONED_MS })],
      ]
      return pickFault(kinds, rates, chance(`${functionName} ${messageId} ${receives}`))
    },
  }
}

function side(chance: number): 'before' | 'after' {
  return chance < 0.5 ? 'before' : 'after'
}

/** Picks at most one of the kinds, each at its own rate. */
function pickFault<Fault>(
  kinds: readonly (readonly [keyof FaultRates, () => Fault])[],
  rates: FaultRates,
  chance: number,
): Fault | undefined {
  let upTo = 0
  for (const [kind, make] of kinds) {
    upTo += rates[kind] ?? 0
    if (chance < upTo) return make()
  }
  return undefined
}

/** FNV-1a, mixed once more, because its upper bits depend too little on the last characters. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
