import type { CallFault, DeliveryFault, FaultPlan } from './fault-plan.ts'

/** The share of calls or deliveries, from 0 to 1, that meet a fault. */
export interface FaultRates {
  readonly crash?: number
  readonly throttle?: number
  readonly partial?: number
  readonly delay?: number
  readonly cut?: number
  /** Of pushes alone. */
  readonly gone?: number
  readonly lost?: number
  /** Of deliveries. */
  readonly duplicate?: number
  readonly postpone?: number
}

const LONGEST_DELAY_MS = 200
const POSTPONED_MS = 1_000
const BATCHES = new Set(['BatchExecuteStatement', 'BatchGetItem', 'SendMessageBatch'])

/**
 * Faults by chance. Every decision depends on the seed and on what is asked alone (the how many-th call of that
 * operation by that function; the message and its receives), so that the same run meets the same faults however its
 * parts are interleaved.
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
      return pick(kinds, rates, chance(point))
    },
    onDelivery({ functionName, messageId, receives }) {
      const kinds: [keyof FaultRates, () => DeliveryFault][] = [
        ['duplicate', () => ({ type: 'duplicate' })],
        ['postpone', () => ({ type: 'postpone', ms: POSTPONED_MS })],
      ]
      return pick(kinds, rates, chance(`${functionName} ${messageId} ${receives}`))
    },
  }
}

function side(chance: number): 'before' | 'after' {
  return chance < 0.5 ? 'before' : 'after'
}

/** At most one of the kinds, each with its own rate. */
function pick<Fault>(
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

/** FNV-1a, and a last stir, for its upper bits follow the last characters poorly. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
