import { existsSync, readFileSync } from 'node:fs'
import { writeAtomically } from '../../atomic-file.ts'

export interface GroupTag {
  readonly Key: string
  readonly Value: string
}

export interface ScheduleGroup {
  readonly name: string
  readonly tags: readonly GroupTag[]
  readonly createdMs: number
  readonly modifiedMs: number
  readonly clientToken?: string
  /** Of the template, or the group `default`: the next start makes it again. */
  readonly isGiven?: true
}

export const DEFAULT_GROUP = 'default'

/** Schedule groups by name. With a path, a file keeps those that calls have made. */
export class ScheduleGroups {
  readonly #path: string | undefined
  readonly #groups = new Map<string, ScheduleGroup>()

  constructor(path: string | undefined, nowMs: number) {
    this.#path = path
    const made: readonly ScheduleGroup[] =
      path === undefined || !existsSync(path) ? [] : (JSON.parse(readFileSync(path, 'utf8')) as ScheduleGroup[])
    for (const group of made) this.#groups.set(group.name, group)
    this.put({ name: DEFAULT_GROUP, tags: [], createdMs: nowMs, modifiedMs: nowMs, isGiven: true })
  }

  get(name: string): ScheduleGroup | undefined {
    return this.#groups.get(name)
  }

  put(group: ScheduleGroup): void {
    this.#groups.set(group.name, group)
    this.#save(group)
  }

  remove(group: ScheduleGroup): void {
    this.#groups.delete(group.name)
    this.#save(group)
  }

  /** Ordered by name. */
  all(): ScheduleGroup[] {
    return [...this.#groups.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  #save({ isGiven }: ScheduleGroup): void {
    if (this.#path === undefined || isGiven === true) return
    writeAtomically(this.#path, JSON.stringify(this.all().filter((group) => group.isGiven !== true)))
  }
}
