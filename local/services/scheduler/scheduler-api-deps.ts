import type { Clock } from '../../clock.ts'
import type { SchedulerEngine } from './engine.ts'
import type { ScheduleGroups } from './schedule-groups.ts'
import type { ScheduleStore } from './schedule-store.ts'

export interface SchedulerApiDeps {
  readonly clock: Clock
  /** `arn:aws:scheduler:<region>:<account>` */
  readonly arnPrefix: string
  readonly store: ScheduleStore
  readonly engine: SchedulerEngine
  readonly groups: ScheduleGroups
  /** Returns true if a role's trust policy names Scheduler. */
  readonly trustsScheduler: (roleArn: string) => boolean
}
