import { isTerminal } from '../../../protocol/job/job.ts'
import type { BatchItem, JobInBatch } from './job-in-batch.ts'
import { isFresh } from './judge-message.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Log } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobKey, StoredJob } from '../job/stored-job.ts'
import type { JobStore } from '../job/job-store.ts'

export interface Batch {
  readonly toRun: readonly JobInBatch[]
  /** Jobs that are terminal already. */
  readonly ended: readonly JobInBatch[]
}

interface LookUpPorts {
  readonly store: JobStore
  readonly clock: Clock
  readonly log: Log
}

/**
 * Reads the records of a batch in one call and sorts out the jobs that need not run: those that are terminal, and
 * those without a record. A record that expired while its job waited is still there for a while, so that its watchers
 * are told.
 */
export async function lookUpBatch(
  { store, clock, log }: LookUpPorts,
  items: readonly BatchItem[],
  consistency: 'eventual' | 'strong' = 'eventual',
): Promise<Batch> {
  const asked = groupByJob(items)
  const found = await loadRecords(store, asked, consistency)
  const toRun: JobInBatch[] = []
  const ended: JobInBatch[] = []
  for (const job of asked) {
    const stored = found.get(jobName(job.message))
    // Another creation time is another life of the id: the life of this message has expired.
    if (stored === undefined || stored.createdAt !== job.message.createdAt) {
      log('warn', 'A message without a record was dropped: the job has expired.', { jobId: job.message.id })
    } else if (isTerminal(stored.state.status)) {
      // An expired record is shown to nobody.
      if (stored.expiresAt > clock.now()) ended.push({ ...job, stored })
    } else {
      toRun.push({ ...job, stored })
    }
  }
  return { toRun, ended }
}

interface AskedJob {
  readonly message: QueueMessage
  readonly items: BatchItem[]
}

function groupByJob(items: readonly BatchItem[]): AskedJob[] {
  const jobs = new Map<string, AskedJob>()
  for (const item of items) {
    const { message } = item
    const name = `${jobName(message)}#${message.createdAt}`
    const job = jobs.get(name)
    if (job === undefined) jobs.set(name, { message, items: [item] })
    else job.items.push(item)
  }
  return [...jobs.values()]
}

async function loadRecords(
  store: JobStore,
  asked: readonly AskedJob[],
  consistency: 'eventual' | 'strong',
): Promise<Map<string, StoredJob>> {
  const found = new Map<string, StoredJob>()
  const load = async (jobs: readonly AskedJob[], read: 'eventual' | 'strong'): Promise<void> => {
    if (jobs.length === 0) return
    const keys = new Map(jobs.map(({ message: { namespace, id } }) => [`${namespace}#${id}`, { namespace, id }]))
    for (const stored of await store.load([...keys.values()], read, { withExpired: true }))
      found.set(jobName(stored), stored)
  }
  if (consistency === 'strong') {
    await load(asked, 'strong')
    return found
  }
  // A message comes again because something was written a moment ago: a failed attempt, the beginning of a run.
  const fresh = asked.filter(({ items }) => items.every(isFresh))
  const again = asked.filter((job) => !fresh.includes(job))
  await Promise.all([load(fresh, 'eventual'), load(again, 'strong')])
  // A cheap read may miss a record that was inserted a moment ago. Without its message the job would never end.
  const unseen = fresh.filter(({ message }) => found.get(jobName(message))?.createdAt !== message.createdAt)
  await load(unseen, 'strong')
  return found
}

function jobName({ namespace, id }: JobKey): string {
  return `${namespace}#${id}`
}
