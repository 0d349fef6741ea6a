import { setMaxListeners } from 'node:events'
import { realTimers } from './timers.ts'
import type { Timers } from './timers.ts'

/** Node warns of more than ten listeners on one signal. Many calls under one are no leak: each takes its own away. */
export const nodeTimers: Timers = {
  ...realTimers,
  shares(signal) {
    if (signal instanceof EventTarget) setMaxListeners(0, signal)
  },
}
