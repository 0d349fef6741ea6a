import { join } from 'node:path'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { requireKnownProperties } from '../../assembly/properties.ts'
import type { Clock } from '../../clock.ts'
import type { CloudContext } from '../../context.ts'
import { countOf } from '../count-of.ts'
import type { CreatedResource, LocalService, ResolvedResource } from '../service.ts'
import { SchedulerEngine } from './engine.ts'
import { removeGroup } from './group-operations.ts'
import { type GroupTag, ScheduleGroups } from './schedule-groups.ts'
import { openScheduleStore } from './schedule-store.ts'
import { createSchedulerApi } from './scheduler-api.ts'
import type { SchedulerApiDeps } from './scheduler-api-deps.ts'
import { TemplateSchedules } from './template-schedules.ts'
import { createDeliver, SCHEDULER_PRINCIPAL, sendDeadLetter, type TargetDeps } from './targets.ts'

export interface SchedulerDeps extends TargetDeps {
  /** Returns true if a role's trust policy names a service. */
  readonly mayAssume: (roleArn: string, principal: string) => boolean
}

/**
 * EventBridge Scheduler: one-time and recurring schedules that send to queues or run functions, each with the rights of
 * its role. Groups and schedules come from the template and from calls. With a data directory, they survive restarts.
 */
export function createScheduler(context: CloudContext, deps: SchedulerDeps): LocalService {
  const { accountId, region, clock, dataDir, log } = context
  const arnPrefix = `arn:aws:scheduler:${region}:${accountId}`
  const pathOf = (file: string): string | undefined => (dataDir === undefined ? undefined : join(dataDir, file))
  const groups = new ScheduleGroups(pathOf('schedule-groups.json'), clock.now())
  const store = openScheduleStore(pathOf('schedules.jsonl'))
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
  const apiDeps: SchedulerApiDeps = {
    clock,
    arnPrefix,
    store,
    engine,
    groups,
    trustsScheduler: (roleArn) => deps.mayAssume(roleArn, SCHEDULER_PRINCIPAL),
  }
  const schedules = new TemplateSchedules(apiDeps)
  return {
    name: 'scheduler',
    resources: {
      'AWS::Scheduler::ScheduleGroup': (resource) => createGroup(resource, { groups, clock, arnPrefix }),
      'AWS::Scheduler::Schedule': (resource) => schedules.create(resource),
    },
    changes: {
      'AWS::Scheduler::Schedule': { remove: (made) => schedules.remove(made) },
      'AWS::Scheduler::ScheduleGroup': {
        update: ({ properties, logicalId }, { created }) =>
          String(properties['Name'] ?? logicalId.slice(-64)) === created.ref ? created : undefined,
        remove: ({ created: { ref } }) => removeGroup(apiDeps, ref),
        holds: ({ created: { ref } }) => countOf(store.all().filter(({ group }) => group === ref).length, 'schedule'),
      },
    },
    api: createSchedulerApi(apiDeps),
    check: () => schedules.check(),
    start() {
      for (const schedule of store.all()) {
        // A group that the stack no longer has took its schedules with it.
        if (groups.get(schedule.group) === undefined || schedules.isStale(schedule)) store.remove(schedule)
        else engine.refresh(schedule)
      }
    },
    close() {
      engine.close()
      return Promise.resolve()
    },
  }
}

function createGroup(
  resource: ResolvedResource,
  { groups, clock, arnPrefix }: { readonly groups: ScheduleGroups; readonly clock: Clock; readonly arnPrefix: string },
): CreatedResource {
  requireKnownProperties(resource, { implemented: ['Name', 'Tags'] })
  const name = String(resource.properties['Name'] ?? resource.logicalId.slice(-64))
  if (groups.get(name)?.isGiven === true) {
    throw new AssemblyError(`${resource.logicalId}: there is a group named ${name} already.`)
  }
  const tags = (resource.properties['Tags'] ?? []) as readonly GroupTag[]
  groups.put({ name, tags, createdMs: clock.now(), modifiedMs: clock.now(), isGiven: true })
  return { ref: name, attributes: { Arn: `${arnPrefix}:schedule-group/${name}`, State: 'ACTIVE' } }
}
