import type { QueueMessage } from '../../../protocol/job/queue-message.ts'

/** SQS takes 1 to 128 letters, digits and punctuation characters. */
const MAX_LENGTH = 128
const LONE_SURROGATE = /\p{Cs}/gu

/**
 * The message group of a job: its namespace, and within it its `group`. Message groups make a queue fair: if one group
 * has many messages in flight, those of the others come first. On a standard queue groups order nothing, and nothing is
 * looked up by them. Two long names that are cut to the same group only share their turns.
 *
 * @example
 * messageGroupOf({ namespace: 'acme', group: 'imports' }) // 'acme/imports'
 */
export function messageGroupOf({ namespace, group }: Pick<QueueMessage, 'namespace' | 'group'>): string {
  const name = group === undefined ? namespace : `${namespace}/${group}`
  return encodeURI(name.replace(LONE_SURROGATE, '\ufffd')).slice(0, MAX_LENGTH)
}
