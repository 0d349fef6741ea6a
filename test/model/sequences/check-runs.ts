import type { JobRecord } from '../../../protocol/job/job.ts'
import type { ToldRun } from '../support/world.ts'
import type { JobHistory, Violation } from './model.ts'
import { ANY, type Fault, type Sequence } from './sequence.ts'

/**
 * Checks that no two runs of a job overlap, and that none begins after its success: I5. SQS may deliver a message twice,
 * and a message is sent twice if its first answer is lost. Sequences with such faults are exempt.
 */
export function checkRuns(
  { id, task }: JobHistory,
  runs: readonly ToldRun[],
  final: JobRecord | undefined,
  { faults }: Sequence,
): Violation[] {
  if (faults.some(mayDeliverTwice)) return []
  const violations: Violation[] = []
  const violate = (what: string): void => void violations.push({ invariant: 'I5', what: `${id} (${task}): ${what}` })
  const ordered = [...runs].sort((one, other) => one.begin - other.begin)
  for (const [index, { begin }] of ordered.entries()) {
    const before = ordered.slice(0, index).find(({ end = 0 }) => end > begin)
    if (before !== undefined) violate(`a run began at ${begin} beside one from ${before.begin} to ${before.end}`)
    const successAt = final?.status === 'success' ? (final.finishedAt ?? Infinity) : Infinity
    if (begin > successAt) violate(`a run began ${begin - successAt} ms after the success`)
  }
  return violations
}

function mayDeliverTwice({ type, function: name, operation }: Fault): boolean {
  if (type === 'duplicate') return true
  return type === 'cutAfter' && name !== 'Worker' && (operation === 'SendMessageBatch' || operation === ANY)
}
