import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Schedule } from './schedule.ts'

/** Schedules by group and name, in memory, and also in a file if a path is given. */
export interface ScheduleStore {
  get(group: string, name: string): Schedule | undefined
  put(schedule: Schedule): void
  remove(schedule: Schedule): void
  /** Ordered by group and name. */
  all(): Schedule[]
}

type Line = readonly ['put', Schedule] | readonly ['removed', key: string]

/** Opens the store. Each change is appended as a line; the next opening compacts the file. */
export function openScheduleStore(path: string | undefined): ScheduleStore {
  const schedules = path === undefined ? new Map<string, Schedule>() : readSchedules(path)
  if (path !== undefined) compact(path, schedules)
  const append = (line: Line): void => {
    if (path !== undefined) appendFileSync(path, `${JSON.stringify(line)}\n`)
  }
  return {
    get: (group, name) => schedules.get(scheduleKey({ group, name })),
    put(schedule) {
      schedules.set(scheduleKey(schedule), schedule)
      append(['put', schedule])
    },
    remove(schedule) {
      if (schedules.delete(scheduleKey(schedule))) append(['removed', scheduleKey(schedule)])
    },
    all: () => [...schedules.values()].sort((a, b) => (scheduleKey(a) < scheduleKey(b) ? -1 : 1)),
  }
}

export function scheduleKey({ group, name }: { readonly group: string; readonly name: string }): string {
  return `${group}/${name}`
}

function readSchedules(path: string): Map<string, Schedule> {
  const schedules = new Map<string, Schedule>()
  if (!existsSync(path)) return schedules
  // The text behind the last line end was cut off as it was written. Nobody was told that it is stored.
  for (const text of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    const line = JSON.parse(text) as Line
    if (line[0] === 'put') schedules.set(scheduleKey(line[1]), line[1])
    else schedules.delete(line[1])
  }
  return schedules
}

/** Writes a second file and renames it, so a kill in between leaves the old file whole. */
function compact(path: string, schedules: ReadonlyMap<string, Schedule>): void {
  mkdirSync(dirname(path), { recursive: true })
  const lines = [...schedules.values()].map((schedule) => `${JSON.stringify(['put', schedule] satisfies Line)}\n`)
  writeFileSync(`${path}.next`, lines.join(''))
  renameSync(`${path}.next`, path)
}
