import { AssemblyError } from '../../../assembly/assembly-error.ts'
import { FunctionThrottledError } from '../../function-invoker.ts'

/** The concurrency of an AWS account in one region. */
export const ACCOUNT_CONCURRENCY = 1000
/** The concurrency that reservations must leave for all other functions. */
const UNRESERVED_MINIMUM = 100

interface Share {
  limit: number
  readonly reserved: boolean
  running: number
}

/** The account's concurrency: functions with a reservation use their own, all others share the rest. */
export class AccountConcurrency {
  readonly #reserved = new Map<string, Share>()
  readonly #unreserved: Share
  readonly #limit: number

  constructor(limit = ACCOUNT_CONCURRENCY) {
    this.#limit = limit
    this.#unreserved = { limit, reserved: false, running: 0 }
  }

  /** Changes the reservation of a function, or ends it. Invocations under way keep their place. */
  reserve(functionName: string, count: number | undefined): void {
    const present = this.#reserved.get(functionName)
    if (present?.limit === count) return
    const left = this.#unreserved.limit + (present?.limit ?? 0) - (count ?? 0)
    if (count !== undefined && left < Math.min(UNRESERVED_MINIMUM, this.#limit)) {
      throw new AssemblyError(
        `${functionName}: ReservedConcurrentExecutions ${count} leaves ${left} of the account's ${this.#limit} ` +
          `unreserved; AWS wants ${UNRESERVED_MINIMUM} to be left.`,
      )
    }
    if (count === undefined) this.#reserved.delete(functionName)
    else if (present !== undefined) present.limit = count
    else this.#reserved.set(functionName, { limit: count, reserved: true, running: 0 })
    this.#unreserved.limit = left
  }

  get running(): number {
    return [...this.#reserved.values()].reduce((sum, share) => sum + share.running, this.#unreserved.running)
  }

  /** Takes one place for an invocation, and returns the function that gives it back. Throws if none is left. */
  enter(functionName: string): () => void {
    const share = this.#share(functionName)
    if (share.running >= share.limit) {
      throw new FunctionThrottledError(
        share.reserved
          ? `Rate Exceeded: ${functionName} has all of its ${share.limit} reserved concurrent executions running.`
          : `Rate Exceeded: the account has all of its ${share.limit} unreserved concurrent executions running.`,
      )
    }
    share.running++
    return () => share.running--
  }

  /** The words of AWS for why an invocation was throttled. */
  throttleReason(functionName: string): string {
    return this.#share(functionName).reserved
      ? 'ReservedFunctionConcurrentInvocationLimitExceeded'
      : 'ConcurrentInvocationLimitExceeded'
  }

  #share(functionName: string): Share {
    return this.#reserved.get(functionName) ?? this.#unreserved
  }
}
