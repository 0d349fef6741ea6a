/** The priorities, most urgent first. Each lane has an SQS queue for each, so none waits behind another. */
export const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const

/**
 * The urgency of a job. Jobs of a higher priority are taken first.
 *
 * @example
 * const priority: Priority = 'high'
 */
export type Priority = (typeof PRIORITIES)[number]

export const DEFAULT_PRIORITY: Priority = 'normal'
