import type { StateChange } from '../../domain/job/job-store.ts'
import type { Item } from '../kit/item.ts'

/**
 * The index of failed jobs, and the attribute that is its sort key. Only failed jobs have it, and only they pay; and
 * those that run again, until their messages are sent.
 */
export const FAILED_INDEX = 'failed'
export const FAILED_ATTRIBUTE = 'failed'

/** What a failed job is found by in the index: in id order, and with its code without reading the job itself. */
export function failedKey(id: string, code: string): string {
  return `${id}#${code}`
}

/** Ids have no `#` in them; whatever follows the first one is the code. */
export function readFailedKey(key: string): { id: string; code: string } {
  const separator = key.indexOf('#')
  return { id: key.slice(0, separator), code: key.slice(separator + 1) }
}

/** Whether a change puts a job into the index, or takes it out. */
export function touchesFailedIndex({ job, state }: StateChange): boolean {
  return state.status === 'failed' || job.listedAsFailed === true
}

/** What a change does to the index, as parts of an update's expression. */
export function failedIndexUpdate({ job, state }: StateChange): { set: string; remove: string; values: Item } {
  if (state.status === 'failed') {
    const key = failedKey(job.id, state.error?.code ?? '')
    return { set: `, ${FAILED_ATTRIBUTE} = :failed`, remove: '', values: { ':failed': { S: key } } }
  }
  const remove = job.listedAsFailed === true ? ` REMOVE ${FAILED_ATTRIBUTE}` : ''
  return { set: '', remove, values: {} }
}
