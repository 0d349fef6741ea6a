/** What a queue may be called, and with it the lane of compute behind it. */
export const QUEUE_NAME = /^[a-z][a-z0-9-]{0,29}$/

/** The queue of jobs that no queue runs: a program of the caller's own publishes what becomes of them. */
export const EXTERNAL_QUEUE = 'external'

/** The queue of tasks that name none. */
export const DEFAULT_QUEUE = 'default'
