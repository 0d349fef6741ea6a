import { isDeepStrictEqual } from 'node:util'
import { AssemblyError } from '../../assembly/assembly-error.ts'
import { AwsError } from '../../wire/call.ts'
import type { CreatedResource, MadeResource, ResolvedResource } from '../service.ts'
import { NotImplementedError, readExpression } from './expression.ts'
import { readScheduleSettings, type Schedule, type ScheduleSettings } from './schedule.ts'
import { scheduleKey } from './schedule-store.ts'
import type { SchedulerApiDeps } from './scheduler-api-deps.ts'
import { checkTarget } from './targets.ts'

/** The schedules that the template has. They are made without the calls of clients, and go with the template. */
export class TemplateSchedules {
  readonly #deps: SchedulerApiDeps
  readonly #made = new Set<string>()

  constructor(deps: SchedulerApiDeps) {
    this.#deps = deps
  }

  /** Makes a schedule. One whose target the local cloud does not have becomes a stand-in. */
  create(resource: ResolvedResource): CreatedResource {
    const { store, clock, arnPrefix, trustsScheduler } = this.#deps
    const { logicalId, properties } = resource
    const name = String(properties['Name'] ?? logicalId.slice(-64))
    const created = (group: string): CreatedResource => ({
      ref: name,
      attributes: { Arn: `${arnPrefix}:schedule/${group}/${name}` },
    })
    let settings: ScheduleSettings
    try {
      settings = readSettings(name, properties)
      checkTarget(settings)
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      if (!(error instanceof NotImplementedError)) throw new AssemblyError(`${logicalId}: ${error.message}`)
      const reason = `the local cloud does not have ${error.what}`
      return { ...created(String(properties['GroupName'] ?? 'default')), standIn: { reason } }
    }
    const { roleArn } = settings.target
    if (!trustsScheduler(roleArn)) {
      return { ...created(settings.group), standIn: { reason: `no role ${roleArn} here lets Scheduler take it` } }
    }
    this.#made.add(scheduleKey(settings))
    const present = store.get(settings.group, name)
    // The same schedule as before a restart knows when it ran last.
    if (present === undefined || !isSame(present, settings)) {
      const nowMs = clock.now()
      const arn = created(settings.group).attributes['Arn']!
      store.put({ ...settings, arn, isGiven: true, createdMs: nowMs, modifiedMs: nowMs, ...pastRun(settings, nowMs) })
    }
    return created(settings.group)
  }

  remove({ created: { attributes } }: MadeResource): void {
    const [group, name] = attributes['Arn']!.split('/').slice(-2) as [string, string]
    const schedule = this.#deps.store.get(group, name)
    if (schedule === undefined || !this.#made.delete(scheduleKey(schedule))) return
    this.#deps.store.remove(schedule)
    this.#deps.engine.refresh(schedule)
  }

  check(): void {
    for (const key of this.#made) {
      const [group, name] = key.split('/') as [string, string]
      if (this.#deps.groups.get(group) === undefined) {
        throw new AssemblyError(`The schedule ${name} is in the group ${group}, which does not exist.`)
      }
    }
  }

  /** Returns true for a schedule that an earlier template had, and this one has not. */
  isStale(schedule: Schedule): boolean {
    return schedule.isGiven === true && !this.#made.has(scheduleKey(schedule))
  }
}

/** A time that has passed when a laptop starts the template is not made up for. */
function pastRun({ expression, timezone }: ScheduleSettings, nowMs: number): { readonly ranMs?: number } {
  const times = readExpression(expression, timezone)
  return times.kind === 'at' && times.atMs < nowMs ? { ranMs: times.atMs } : {}
}

/** A template has times as texts, and may be older than its start: a laptop starts it again every day. */
function readSettings(name: string, properties: Readonly<Record<string, unknown>>): ScheduleSettings {
  const { Name: _name, ...given } = properties
  const members: Record<string, unknown> = { ...given }
  for (const member of ['StartDate', 'EndDate']) {
    if (members[member] !== undefined) members[member] = Date.parse(String(members[member])) / 1_000
  }
  const target = { ...(members['Target'] as Record<string, unknown> | undefined) }
  const retry = target['RetryPolicy'] as Readonly<Record<string, unknown>> | undefined
  if (retry !== undefined) {
    // CloudFormation takes numbers as texts.
    target['RetryPolicy'] = Object.fromEntries(Object.entries(retry).map(([limit, value]) => [limit, Number(value)]))
  }
  return readScheduleSettings(name, { ...members, Target: target }, 0)
}

function isSame(present: Schedule, settings: ScheduleSettings): boolean {
  const { arn: _arn, createdMs: _created, modifiedMs: _modified, ranMs: _ran, isGiven: _given, ...own } = present
  return isDeepStrictEqual(own, settings)
}
