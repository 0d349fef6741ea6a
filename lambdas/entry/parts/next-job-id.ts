import { createIdSource } from '../../../protocol/job/id.ts'
import { systemClock } from './system-clock.ts'

/** Makes ids for jobs that came without one. The process has one source, so that its ids always grow. */
export const nextJobId = createIdSource(
  () => systemClock.now(),
  (bytes) => crypto.getRandomValues(bytes),
)
