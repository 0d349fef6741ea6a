import { defineTask } from '@jobwire/sdk/task'
import * as v from 'valibot'
import { countPrimes } from './primes.ts'
import { waitFor } from './wait.ts'
import { countWords } from './word-count.ts'

/** An error with a code that the client sees. */
class ExampleError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/**
 * The tasks that this deployment runs. These are examples: replace them by your own, or name another module in the
 * setting `tasksPath`.
 */
export const tasks = {
  /** Does nothing, so that benchmarks measure the platform alone. */
  noop: defineTask({ run: () => null }),

  /** Returns another value at each run, which shows if a job ran once or twice. */
  uuid: defineTask({ run: () => crypto.randomUUID() }),

  /** Returns its input. */
  echo: defineTask({ run: <Value>(input: Value) => input }),

  /** Returns a large output for a small input. */
  repeat: defineTask({ run: (input: { text: string; times: number }) => input.text.repeat(input.times) }),

  greet: defineTask({ run: (input: { name: string }) => `Hello, ${input.name}!`, timeout: '10s' }),

  /** Counts the primes below a limit: pure computation. An invalid limit is refused at the submit. */
  primes: defineTask({
    input: v.object({ below: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
    run: (input: { below: number }, { signal }) => countPrimes(input.below, signal),
    timeout: '20s',
  }),

  /** Waits as long as it is told, and stops at once when its signal aborts. */
  wait: defineTask({ run: (input: { ms: number }, { signal }) => waitFor(input.ms, signal), timeout: '25s' }),

  wordCount: defineTask({ run: (input: { text: string }) => countWords(input.text) }),

  /** Counts to ten or to the given number, and reports its progress. */
  count: defineTask({
    run: async (input: { to?: number; everyMs?: number }, { progress, signal }) => {
      const { to = 10, everyMs = 100 } = input ?? {}
      for (let step = 1; step <= to; step++) {
        await waitFor(everyMs, signal)
        progress({ percent: (100 * step) / to, message: `${step} of ${to}` })
      }
      return to
    },
  }),

  /** Stands for calls to a partner who accepts two at once, and one for each customer (the `group` of the job). */
  partnerCall: defineTask({
    run: (input: { ms: number }, { signal }) => waitFor(input.ms, signal),
    timeout: '25s',
    concurrency: { limit: 2, perGroup: 1 },
  }),

  /** Fails in its first runs and succeeds in the next one. */
  flaky: defineTask({
    run: (input: { failures: number }, { attempt, log }) => {
      if (attempt > input.failures) return { attempt }
      log('Failing as asked.', { attempt })
      throw new ExampleError('NOT_YET', `Run ${attempt} fails; ask again.`)
    },
    attempts: 5,
    backoff: { initial: '200ms', cap: '2s' },
  }),

  /** Fails with the given code and message. */
  fail: defineTask({
    run: (input: { code?: string; message?: string }): never => {
      throw new ExampleError(input?.code ?? 'EXAMPLE_FAILURE', input?.message ?? 'This task always fails.')
    },
  }),
}
