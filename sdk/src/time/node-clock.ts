import { setMaxListeners } from 'node:events'
import { systemClock } from './system-clock.ts'
import type { WaitClock } from './wait.ts'

/** Node warns of more than ten listeners on one signal. Many calls with one signal are no leak: each removes its own. */
export const nodeClock: WaitClock = {
  ...systemClock,
  beforeListening(signal) {
    if (signal instanceof EventTarget) setMaxListeners(0, signal)
  },
}
