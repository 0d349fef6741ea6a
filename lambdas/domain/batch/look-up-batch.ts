import { isTerminal } from '../../../protocol/job/job.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import type { Log } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { JobKey, StoredJob } from '../job/stored-job.ts'
import type { JobStore } from '../job/job-store.ts'

/** One message of a batch; `itemId` is how the queue names it. */
export interface BatchItem {
  readonly itemId: string
  readonly message: QueueMessage
  /** What the queue wants to hear to have it come again at another time. */
  readonly receiptHandle: string
  /** How often the queue has given it out, this time included. */
  readonly receives: number
  /** Epoch milliseconds. */
  readonly sentAt: number
}

/** A job with its record, and every item of the batch that is about it: a resubmit sends the message again. */
export interface JobInBatch {
  readonly message: QueueMessage
  readonly items: readonly BatchItem[]
  readonly stored: StoredJob
}

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
 * Reads the records of a batch in one call and sorts out what need not run: what is terminal, and what has no
 * record any more. A record that expired while its job waited is still there for a while: whoever watches is told.
 */
export async function lookUpBatch(
  { store, clock, log }: LookUpPorts,
  items: readonly BatchItem[],
  consistency: 'eventual' | 'strong' = 'eventual',
): Promise<Batch> {
  const asked = group(items)
  const found = await loadAll(store, asked, consistency)
  const toRun: JobInBatch[] = []
  const ended: JobInBatch[] = []
  for (const job of asked) {
    const stored = found.get(nameOf(job.message))
    // Another creation time is another life of the id: the message belongs to one that has expired.
    if (stored === undefined || stored.createdAt !== job.message.createdAt) {
      log('warn', 'A message without a record was dropped: the job has expired.', { jobId: job.message.id })
    } else if (isTerminal(stored.state.status)) {
      // What has expired is shown to nobody any more.
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

function group(items: readonly BatchItem[]): AskedJob[] {
  const jobs = new Map<string, AskedJob>()
  for (const item of items) {
    const { message } = item
    const name = `${nameOf(message)}#${message.createdAt}`
    const job = jobs.get(name)
    if (job === undefined) jobs.set(name, { message, items: [item] })
    else job.items.push(item)
  }
  return [...jobs.values()]
}

async function loadAll(
  store: JobStore,
  asked: readonly AskedJob[],
  consistency: 'eventual' | 'strong',
): Promise<Map<string, StoredJob>> {
  const found = new Map<string, StoredJob>()
  const load = async (jobs: readonly AskedJob[], how: 'eventual' | 'strong'): Promise<void> => {
    if (jobs.length === 0) return
    const keys = new Map(jobs.map(({ message: { namespace, id } }) => [`${namespace}#${id}`, { namespace, id }]))
    for (const stored of await store.load([...keys.values()], how, { withExpired: true }))
      found.set(nameOf(stored), stored)
  }
  if (consistency === 'strong') {
    await load(asked, 'strong')
    return found
  }
  // What comes again comes because something was written a moment ago: an attempt's failure, a run's beginning.
  const fresh = asked.filter(({ items }) => items.every(({ receives }) => receives === 1))
  const again = asked.filter((job) => !fresh.includes(job))
  await Promise.all([load(fresh, 'eventual'), load(again, 'strong')])
  // A cheap read may not see a record that was inserted a moment ago: dropping its message would hang the job.
  const unseen = fresh.filter(({ message }) => found.get(nameOf(message))?.createdAt !== message.createdAt)
  await load(unseen, 'strong')
  return found
}

function nameOf({ namespace, id }: JobKey): string {
  return `${namespace}#${id}`
}
