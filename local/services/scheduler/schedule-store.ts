import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Schedule } from './schedule.ts'

/** Schedules by group and name: in memory, and in a file where one is given. */
export interface ScheduleStore {
  get(group: string, name: string): Schedule | undefined
  put(schedule: Schedule): void
  remove(schedule: Schedule): void
  /** In the order of their groups and names. */
  all(): Schedule[]
}

type Line = readonly ['put', Schedule] | readonly ['removed', key: string]

/** Opens the store: what happens is appended, line by line, and the file is made small again at the next opening. */
export function openScheduleStore(path: string | undefined): ScheduleStore {
  const schedules = path === undefined ? new Map<string, Schedule>() : replay(path)
  if (path !== undefined) compact(path, schedules)
  const append = (line: Line): void => {
    if (path !== undefined) appendFileSync(path, `${JSON.stringify(line)}\n`)
  }
  return {
    get: (group, name) => schedules.get(keyOf({ group, name })),
    put(schedule) {
      schedules.set(keyOf(schedule), schedule)
      append(['put', schedule])
    },
    remove(schedule) {
      if (schedules.delete(keyOf(schedule))) append(['removed', keyOf(schedule)])
    },
    all: () => [...schedules.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  }
}

export function keyOf({ group, name }: { readonly group: string; readonly name: string }): string {
  return `${group}/${name}`
}

function replay(path: string): Map<string, Schedule> {
  const schedules = new Map<string, Schedule>()
  if (!existsSync(path)) return schedules
  // What follows the last line end was cut off as it was written, and nobody was told that it is there.
  for (const text of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    const line = JSON.parse(text) as Line
    if (line[0] === 'put') schedules.set(keyOf(line[1]), line[1])
    else schedules.delete(line[1])
  }
  return schedules
}

/** Written beside and renamed: a kill in between leaves the old file whole. */
function compact(path: string, schedules: ReadonlyMap<string, Schedule>): void {
  mkdirSync(dirname(path), { recursive: true })
  const lines = [...schedules.values()].map((schedule) => `${JSON.stringify(['put', schedule] satisfies Line)}\n`)
  writeFileSync(`${path}.next`, lines.join(''))
  renameSync(`${path}.next`, path)
}
