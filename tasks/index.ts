import { defineTask } from '@jobwire/sdk/task'
import { countPrimes } from './primes.ts'
import { waitFor } from './wait.ts'
import { countWords } from './word-count.ts'

/** An error that the client sees by its code. */
class ExampleError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/**
 * The tasks that this deployment runs. These are examples: replace them by your own, or name another module in
 * the setting `tasksPath`.
 */
export const tasks = {
  /** Does nothing: what is measured with it is the platform. */
  noop: defineTask({ run: () => null }),

  /** Another value at each run: shows whether a job ran once or twice. */
  uuid: defineTask({ run: () => crypto.randomUUID() }),

  /** Gives its input back. */
  echo: defineTask({ run: <Value>(input: Value) => input }),

  greet: defineTask({ run: (input: { name: string }) => `Hello, ${input.name}!`, timeout: '10s' }),

  /** Counts the primes below a limit: pure computation. */
  primes: defineTask({
    run: (input: { below: number }, { signal }) => countPrimes(input.below, signal),
    timeout: '20s',
  }),

  /** Takes its time, and stops at once when it is told to. */
  wait: defineTask({ run: (input: { ms: number }, { signal }) => waitFor(input.ms, signal), timeout: '25s' }),

  wordCount: defineTask({ run: (input: { text: string }) => countWords(input.text) }),

  /** Fails as it is told to. */
  fail: defineTask({
    run: (input: { code?: string; message?: string }): never => {
      throw new ExampleError(input?.code ?? 'EXAMPLE_FAILURE', input?.message ?? 'This task always fails.')
    },
  }),
}
