/** The allowed names of a lane. The field `queue` of a task and of a record holds such a name. */
export const QUEUE_NAME = /^[a-z][a-z0-9-]{0,29}$/

/** The `queue` of external jobs: no queue holds them, and another program runs them and publishes the results. */
export const EXTERNAL_QUEUE = 'external'

/** The `queue` of tasks that do not name one. */
export const DEFAULT_QUEUE = 'default'
