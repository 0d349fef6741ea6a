/** The lanes of a queue, most urgent first. Each is an SQS queue of its own, so none waits behind another. */
export const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const

/**
 * How urgent a job is: those of a higher priority are taken first.
 *
 * @example
 * const priority: Priority = 'high'
 */
export type Priority = (typeof PRIORITIES)[number]

export const DEFAULT_PRIORITY: Priority = 'normal'
