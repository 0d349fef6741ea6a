import { createIdSource } from '../../protocol/job/id.ts'
import { systemClock } from './system-clock.ts'

/** Ids for jobs whose clients gave none. One source for the process, so that they never go backwards in it. */
export const nextJobId = createIdSource(
  () => systemClock.now(),
  (bytes) => crypto.getRandomValues(bytes),
)
