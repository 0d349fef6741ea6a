import { join } from 'node:path'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { CloudContext } from '../../context.ts'
import type { LocalService } from '../service.ts'
import { SchedulerEngine } from './engine.ts'
import { openScheduleStore } from './schedule-store.ts'
import { createSchedulerApi } from './scheduler-api.ts'
import { createDeliver, SCHEDULER_PRINCIPAL, sendDeadLetter, type TargetDeps } from './targets.ts'

export interface SchedulerDeps extends TargetDeps {
  /** Returns true if a role's trust policy names a service. */
  readonly mayAssume: (roleArn: string, principal: string) => boolean
}

/**
 * EventBridge Scheduler: one-time and recurring schedules that send to queues or run functions, each with the rights of
 * its role. Groups come from the template, schedules from calls. With a data directory, schedules survive restarts.
 */
export function createScheduler(context: CloudContext, deps: SchedulerDeps): LocalService {
  const { accountId, region, clock, dataDir, log } = context
  const arnPrefix = `arn:aws:scheduler:${region}:${accountId}`
  const groups = new Set(['default'])
  const store = openScheduleStore(dataDir === undefined ? undefined : join(dataDir, 'schedules.jsonl'))
  const engine = new SchedulerEngine({
    clock,
    store,
    deliver: createDeliver(context, deps),
    dropped(schedule, run) {
      const report = (message: string): void => log({ source: 'scheduler', level: 'error', message })
      report(`A run of ${schedule.name} is dropped: ${String(run.reason)}`)
      try {
        sendDeadLetter(deps, schedule, run)
      } catch (error) {
        report(`The dropped run of ${schedule.name} has no dead letter: ${String(error)}`)
      }
    },
  })
  return {
    name: 'scheduler',
    resources: {
      'AWS::Scheduler::ScheduleGroup': (resource) => {
        requireKnownProperties(resource, { implemented: ['Name'] })
        const name = String(resource.properties['Name'] ?? resource.logicalId.slice(-64))
        if (groups.has(name)) throw new AssemblyError(`${resource.logicalId}: there is a group named ${name} already.`)
        groups.add(name)
        const arn = `${arnPrefix}:schedule-group/${name}`
        return { ref: name, attributes: { Arn: arn, State: 'ACTIVE' } }
      },
    },
    api: createSchedulerApi({
      clock,
      arnPrefix,
      store,
      engine,
      hasGroup: (name) => groups.has(name),
      trustsScheduler: (roleArn) => deps.mayAssume(roleArn, SCHEDULER_PRINCIPAL),
    }),
    start() {
      for (const schedule of store.all()) {
        // A group that the stack no longer has took its schedules with it.
        if (groups.has(schedule.group)) engine.refresh(schedule)
        else store.remove(schedule)
      }
    },
    close() {
      engine.close()
      return Promise.resolve()
    },
  }
}
