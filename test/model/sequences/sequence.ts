import * as fc from 'fast-check'

/** The jobs that a sequence may name. Each has its task, so that submitting it again is the same request. */
export const JOBS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const
const RANDOM_JOBS = JOBS.slice(0, 4)
/** A job that no queue runs: a program publishes its state. */
export const EXTERNAL = 'x'
export type JobName = (typeof JOBS)[number] | typeof EXTERNAL
export const CLIENTS = 2

/** `flaky` fails in its first run and succeeds in its second. */
export type Task = 'value' | 'slow' | 'broken' | 'flaky' | 'limited' | 'external'

export type Command =
  | { readonly type: 'submit'; readonly client: number; readonly jobs: readonly JobName[]; readonly rest: boolean }
  /** Submits a job again, some times with a pause in between: while it waits, and while it runs. */
  | { readonly type: 'resubmit'; readonly job: JobName; readonly times: number; readonly everyMs: number }
  | { readonly type: 'subscribe'; readonly client: number; readonly jobs: readonly JobName[] }
  | { readonly type: 'cut' | 'reconnect'; readonly client: number }
  | { readonly type: 'read'; readonly job: JobName }
  | { readonly type: 'cancel'; readonly job: JobName }
  /** Submits a known job with another input. */
  | { readonly type: 'conflict'; readonly job: JobName }
  /** Runs a failed or cancelled job again: by a submit, or by its route. */
  | { readonly type: 'rerun'; readonly job: JobName; readonly submits: boolean }
  /** Publishes for `EXTERNAL`. Two values are two different publishes. */
  | { readonly type: 'publish'; readonly what: 'progress' | 'success' | 'failed'; readonly value: number }
  | { readonly type: 'pause'; readonly ms: number }
  /** Puts the clock forward, for every sequence that runs at the same time. */
  | { readonly type: 'pass'; readonly seconds: number }

export type FaultType =
  | 'crashBefore'
  | 'crashAfter'
  | 'cutBefore'
  | 'cutAfter'
  | 'throttle'
  | 'partial'
  | 'delay'
  | 'gone'
  | 'lost'
  | 'duplicate'
  | 'postpone'

/** One fault of the calls or deliveries that name the sequence's namespace. `nth` counts only these. */
export interface Fault {
  readonly type: FaultType
  readonly function: string
  readonly operation: string
  readonly nth: number
  /** The number of calls in a row. */
  readonly times: number
}

/** The part of a job that has half a character. */
export type HalfPlace = 'tags' | 'metadata' | 'group' | 'idempotencyKey' | 'input'

export interface Sequence {
  /** `value` for every job without an entry. */
  readonly tasks: Readonly<Partial<Record<JobName, Task>>>
  /** The jobs that are submitted with an idempotency key. The others have an id. */
  readonly keyed?: readonly JobName[]
  /** The jobs whose first run is postponed by `DELAY_MS`. */
  readonly delayed?: readonly JobName[]
  readonly commands: readonly Command[]
  readonly faults: readonly Fault[]
  /** If present, each submit has one more job, with half a character there, and each publish follows one with half a character. */
  readonly half?: HalfPlace | undefined
}

export const ANY = '*'
export const DELAY_MS = 20_000
const job = fc.constantFrom(...RANDOM_JOBS)
const jobs = fc.uniqueArray(job, { minLength: 1, maxLength: RANDOM_JOBS.length })
const watched = fc.uniqueArray(fc.constantFrom(...RANDOM_JOBS, EXTERNAL), { minLength: 1, maxLength: 5 })
const some = fc.oneof(fc.constant([]), fc.uniqueArray(job, { maxLength: 2 }))
const client = fc.nat({ max: CLIENTS - 1 })
const task = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Task>('value') },
  { weight: 1, arbitrary: fc.constant<Task>('slow') },
  { weight: 1, arbitrary: fc.constant<Task>('broken') },
  { weight: 1, arbitrary: fc.constant<Task>('flaky') },
  { weight: 1, arbitrary: fc.constant<Task>('limited') },
)

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('submit' as const), client, jobs, rest: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('resubmit' as const),
      job,
      times: fc.integer({ min: 1, max: 3 }),
      everyMs: fc.constantFrom(0, 5, 60, 150),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('subscribe' as const), client, jobs: watched }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut' as const), client }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reconnect' as const), client }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('read' as const), job }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), job }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('conflict' as const), job }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rerun' as const), job, submits: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('publish' as const),
      what: fc.constantFrom('progress' as const, 'success' as const, 'failed' as const),
      value: fc.nat({ max: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('pause' as const), ms: fc.constantFrom(2, 10, 40) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('pass' as const), seconds: fc.constantFrom(1, 31, 400) }) },
)

const SUBMITS = ['BatchExecuteStatement', 'PutItem', 'SendMessageBatch', 'UpdateItem', ANY]
const RUNS = ['BatchGetItem', 'BatchExecuteStatement', 'UpdateItem', 'PostToConnection', ANY]
// Crashes are slow (a thread starts anew), and `crash-points.test.ts` has every one of them, so they are rarer here.
const CHEAP_FAULTS = ['cutBefore', 'cutAfter', 'throttle', 'partial', 'delay'] as const
const CALL_FAULTS = ['crashBefore', 'crashAfter', ...CHEAP_FAULTS, ...CHEAP_FAULTS] as const
const PUSH_FAULTS = ['crashBefore', 'crashAfter', 'gone', 'gone', 'lost', 'lost', 'throttle', 'delay'] as const

/** A batch may be left undone in part, and other work may come between its read and its write. */
const BATCHES = ['BatchExecuteStatement', 'SendMessageBatch']
const nth = fc.constantFrom(0, 0, 1, 2, 3)
const times = fc.constantFrom(1, 1, 4)
const faultOf = (functionName: string, operations: readonly string[], types: readonly FaultType[]) =>
  fc.record({
    type: fc.constantFrom(...types),
    function: fc.constant(functionName),
    operation: fc.constantFrom(...operations),
    nth,
    times,
  })

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: faultOf('Socket', SUBMITS, CALL_FAULTS) },
  { weight: 2, arbitrary: faultOf('Rest', SUBMITS, CALL_FAULTS) },
  { weight: 4, arbitrary: faultOf('Worker', RUNS, CALL_FAULTS) },
  { weight: 3, arbitrary: faultOf(ANY, ['PostToConnection'], PUSH_FAULTS) },
  { weight: 2, arbitrary: faultOf(ANY, BATCHES, ['partial']) },
  { weight: 1, arbitrary: faultOf('Worker', ['BatchExecuteStatement'], ['delay']) },
  { weight: 2, arbitrary: faultOf('Worker', ['delivery'], ['duplicate', 'postpone']) },
)

const half = fc.constantFrom<(HalfPlace | undefined)[]>(
  ...Array<undefined>(5).fill(undefined),
  ...(['tags', 'metadata', 'group', 'idempotencyKey', 'input'] as const),
)

export const sequences: fc.Arbitrary<Sequence> = fc.record({
  tasks: fc.record({ a: task, b: task, c: task, d: task }),
  keyed: some,
  delayed: some,
  commands: fc.array(command, { minLength: 1, maxLength: 6 }),
  faults: fc.array(fault, { maxLength: 2 }),
  // Last, so that the sequences of known seeds stay what they are.
  half,
})

/** Returns the sequence of a seed: the one that `fc.check` begins with, so that a failure can be shrunk from it. */
export function sequenceOf(seed: number): Sequence {
  return fc.sample(sequences, { seed, numRuns: 1 })[0]!
}
