import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** SQS takes 1 to 128 letters, digits and punctuation characters. */
const MAX_LENGTH = 128
const LONE_SURROGATE = /\p{Cs}/gu

/**
 * The message group of a job: its namespace, and within it its `group`. A queue with message groups is a fair one:
 * where one group has many in flight, messages of the others come first. Groups order nothing on a standard queue
 * and nothing is looked up by them, so that two long names that are cut to the same do no more than share their turns.
 *
 * @example
 * messageGroupOf({ namespace: 'acme', group: 'imports' }) // 'acme/imports'
 */
export function messageGroupOf({ namespace, group }: Pick<QueueMessage, 'namespace' | 'group'>): string {
  const name = group === undefined ? namespace : `${namespace}/${group}`
  return encodeURI(name.replace(LONE_SURROGATE, '\ufffd')).slice(0, MAX_LENGTH)
}
