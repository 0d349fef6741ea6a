import type { StateChange } from '../../domain/job/job-store.ts'
import { FAILED_ATTRIBUTE } from '../../tables.ts'
import type { Item } from '../kit/item.ts'

/** The sort key of a failed job in the index: it sorts by id, and gives the code without a read of the job. */
export function failedKey(id: string, code: string): string {
  return `${id}#${code}`
}

/** Ids contain no `#`; the code follows the first one. */
export function readFailedKey(key: string): { id: string; code: string } {
  const separator = key.indexOf('#')
  return { id: key.slice(0, separator), code: key.slice(separator + 1) }
}

/** Returns true if a change puts a job into the index, or takes it out. */
export function touchesFailedIndex({ job, state }: StateChange): boolean {
  return state.status === 'failed' || job.listedAsFailed === true
}

/** The parts of an update expression that keep the index true to a change. */
export function failedIndexUpdate({ job, state }: StateChange): { set: string; remove: string; values: Item } {
  if (state.status === 'failed') {
    const key = failedKey(job.id, state.error?.code ?? '')
    return { set: `, ${FAILED_ATTRIBUTE} = :failed`, remove: '', values: { ':failed': { S: key } } }
  }
  const remove = job.listedAsFailed === true ? ` REMOVE ${FAILED_ATTRIBUTE}` : ''
  return { set: '', remove, values: {} }
}
