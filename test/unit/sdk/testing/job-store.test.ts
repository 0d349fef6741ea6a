import { describe } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import { MemoryJobStore } from '../../../../sdk/src/testing/job-store.ts'
import { describeJobChanges } from '../../../support/job-store/job-changes.ts'
import { describeJobLives } from '../../../support/job-store/job-lives.ts'

describe('the job store in memory does what the results table does:', () => {
  const clock = new ManualClock()
  const store = new MemoryJobStore(clock, () => undefined)
  describeJobChanges(clock, () => store)
  describeJobLives(clock, () => store)
})
