import { JOBS, type Sequence } from '../sequences/sequence.ts'
import type { Violation } from '../sequences/model.ts'
import { checkFlood } from '../support/flood.ts'
import type { World } from '../support/world.ts'

/** A deliberate bug: one piece of the functions' source, replaced by another. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** A sequence that shows the bug sooner than random ones do. */
  readonly witness?: Sequence
  /** True if the witness is played alone: beside others its messages would not meet. */
  readonly alone?: true
  /** A check of its own, for a bug that no sequence shows. */
  readonly check?: (world: World) => Promise<readonly Violation[]>
}

/** A slow job falls due, and the message of its resubmit comes a moment after its run has begun. */
const RESUBMITTED: Sequence = {
  tasks: { a: 'slow' },
  delayed: ['a'],
  commands: [
    { type: 'submit', client: 0, jobs: ['a'], rest: true },
    { type: 'pause', ms: 150 },
    { type: 'pass', seconds: 10 },
    { type: 'submit', client: 0, jobs: ['a'], rest: true },
    { type: 'pass', seconds: 9.9 },
    { type: 'pause', ms: 400 },
  ],
  faults: [],
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'pushes before it has stored',
    file: 'lambdas/domain/record/record-changes.ts',
    from: 'const result = await ports.store.write({ job: job.stored, state })',
    to:
      'await announce(ports, [{ ...job.stored, state }]); ' +
      'const result = await ports.store.write({ job: job.stored, state })',
  },
  {
    name: 'acknowledges a batch before it has stored',
    file: 'lambdas/handlers/run/worker.ts',
    from: 'runBatch(ports, items, { deadline, longestRunMs: remainingMs })',
    to: '(void runBatch(ports, items, { deadline, longestRunMs: remainingMs }), [])',
  },
  {
    name: 'ignores messages that SQS refused',
    file: 'lambdas/aws/queue/send-messages.ts',
    from: 'left = left.filter((_, index) => again.has(index))',
    to: 'left = again.size > 99 ? left : []',
  },
  {
    name: 'ignores statements that failed in a batch',
    file: 'lambdas/aws/job/results-table.ts',
    from: 'responses[index] !== undefined && responses[index].Error === undefined',
    to: 'responses[index] !== undefined',
  },
  {
    name: 'drops a fan-out at the first 410',
    file: 'lambdas/domain/record/push-updates.ts',
    from: 'for (const [connectionId, parcels] of byConnection) enqueue(connectionId, parcels)',
    to:
      'void (async () => { let ended = false; for (const [connectionId, parcels] of byConnection) { ' +
      "ended ||= (await sendParcels(parts, connectionId, parcels)) === 'gone'; if (ended) break; } " +
      'for (const parcels of byConnection.values()) for (const parcel of parcels) parcel.done() })()',
  },
  {
    name: 'subscribes by writing, not by adding',
    file: 'lambdas/aws/job/watch-job.ts',
    from: 'SET #ttl = if_not_exists(#ttl, :until) ADD watchers :watcher, watchRevision :one',
    to: 'SET #ttl = if_not_exists(#ttl, :until), watchers = :watcher ADD watchRevision :one',
  },
  {
    name: 'finishes without a look at who subscribed meanwhile',
    file: 'lambdas/aws/job/results-table.ts',
    from: 'AND "watchRevision"=?',
    to: 'AND "watchRevision">=?',
    witness: {
      tasks: {},
      commands: [
        // Connected beforehand, it is in time.
        { type: 'subscribe', client: 1, jobs: ['e'] },
        { type: 'submit', client: 0, jobs: ['a', 'b', 'c', 'd'], rest: false },
        { type: 'subscribe', client: 1, jobs: ['a', 'b', 'c', 'd'] },
      ],
      faults: [{ type: 'delay', function: 'Worker', operation: 'BatchExecuteStatement', nth: 0, times: 4 }],
    },
  },
  {
    name: 'does not grow the version',
    file: 'lambdas/domain/job/job-state.ts',
    from: 'version: state.version + 1',
    to: 'version: state.version',
  },
  {
    name: 'finishes what is terminal',
    file: 'lambdas/domain/job/job-state.ts',
    from: "  if (isTerminal(state.status)) return refuseTransition('already-terminal')\n  return { ok: true",
    to: '  return { ok: true',
  },
  {
    name: 'inserts over a known id',
    file: 'lambdas/aws/job/insert-jobs.ts',
    from: 'ConditionExpression: `${ITEM_IS_NEW} OR #ttl <= :now`',
    to: 'ConditionExpression: `${ITEM_IS_NEW} OR #ttl <= :now OR ${ITEM_EXISTS}`',
  },
  {
    name: 'runs what has ended when its message comes again',
    file: 'lambdas/domain/batch/look-up-batch.ts',
    from: '} else if (isTerminal(stored.state.status)) {',
    to: '} else if (isTerminal(stored.state.status) && stored.createdAt === 0) {',
  },
  {
    name: 'does not push again after a crash between store and push',
    file: 'lambdas/domain/run/run-batch.ts',
    from: 'announceAgain(ports, putBack, ended)',
    to: 'announceAgain(ports, putBack, [])',
  },
  {
    name: 'runs a success again',
    file: 'lambdas/domain/submit/accept-new-jobs.ts',
    from: "return status === 'failed' || status === 'cancelled'",
    to: "return status !== 'pending' && status !== 'running'",
  },
  {
    name: 'takes another input for the same work',
    file: 'lambdas/domain/job/same-work.ts',
    from: 'return first.task === second.task && isSameJson(first.input, second.input)',
    to: 'return first.task === second.task',
  },
  {
    name: 'returns what has expired',
    file: 'lambdas/aws/job/result-item.ts',
    from: 'return ttl !== undefined && ',
    to: 'return ttl === undefined && ',
  },
  {
    name: 'sends a resubmit like a first submit',
    file: 'lambdas/domain/submit/accept-new-jobs.ts',
    from: 'input, policy), rescue: true }',
    to: 'input, policy) }',
    witness: RESUBMITTED,
    alone: true,
  },
  {
    name: "lets a resubmit's message run the job at once",
    file: 'lambdas/domain/batch/judge-message.ts',
    from: 'return (isSameLane ? longestRunMs : MAX_TIMEOUT_MS) + RESCUE_MARGIN_MS',
    to: 'return isSameLane ? 0 : MAX_TIMEOUT_MS + RESCUE_MARGIN_MS',
    witness: RESUBMITTED,
    alone: true,
  },
  {
    name: 'begins a run without its claim',
    file: 'lambdas/domain/run/run-job.ts',
    from: 'if (job.claims) {',
    to: 'if (job.claims && startedAt === 0) {',
    // Of each job the first message and the one that took its place come at the same time.
    witness: {
      tasks: Object.fromEntries(JOBS.map((name) => [name, 'flaky'])),
      commands: [
        { type: 'submit', client: 0, jobs: JOBS, rest: false },
        { type: 'pass', seconds: 31 },
      ],
      faults: [{ type: 'crashAfter', function: 'Worker', operation: 'SendMessageBatch', nth: 0, times: 1 }],
    },
    alone: true,
  },
  {
    name: 'deletes the message that took the place of the one that ran',
    file: 'lambdas/domain/batch/judge-message.ts',
    from: 'return (run.origin ?? run.message) === originOf(item)',
    to: 'return run.message === item.itemId',
    witness: { tasks: { a: 'flaky' }, commands: [{ type: 'submit', client: 0, jobs: ['a'], rest: false }], faults: [] },
  },
  {
    name: 'takes half a character',
    file: 'protocol/wire/parse.ts',
    from: '(parsed.ok && suspect && refuseUnstorable(job, prefix)) || parsed',
    to: 'parsed',
    witness: {
      tasks: {},
      commands: [{ type: 'submit', client: 0, jobs: ['a', 'b'], rest: true }],
      faults: [],
      half: 'tags',
    },
  },
  {
    name: 'takes namespace and group together for the message group',
    file: 'lambdas/aws/queue/message-group.ts',
    from: 'quietGroup(namespace) : namespaceGroup(namespace)',
    to: 'quietGroup(namespace) : namespaceGroup(`${namespace}/${group}`)',
    check: checkFlood,
  },
]
