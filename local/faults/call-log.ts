import type { CallInterceptor } from '../wire/call.ts'

export interface CallCount {
  /** A function's name, or `client` for callers from outside. */
  readonly by: string
  readonly operation: string
  readonly calls: number
}

/**
 * Counts AWS calls by caller and operation. A call that a fault keeps from its service counts too, because it was made.
 *
 * @example
 * cloud.calls.count('PutItem', functionName) // how many the function has made
 */
export class CallLog {
  readonly #counts = new Map<string, { by: string; operation: string; calls: number }>()

  readonly interceptor: CallInterceptor = (call, next) => {
    const key = `${call.principal.name} ${call.operation}`
    const count = this.#counts.get(key)
    if (count === undefined) this.#counts.set(key, { by: call.principal.name, operation: call.operation, calls: 1 })
    else count.calls++
    return next()
  }

  /** Returns the number of calls of an operation, of one caller only if it is named. */
  count(operation: string, by?: string): number {
    return this.lines()
      .filter((line) => line.operation === operation && (by === undefined || line.by === by))
      .reduce((sum, line) => sum + line.calls, 0)
  }

  lines(): readonly CallCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count }))
  }
}
