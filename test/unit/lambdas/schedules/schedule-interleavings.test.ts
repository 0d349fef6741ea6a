import { expect, it } from '@jest/globals'
import {
  createSchedule,
  deleteSchedule,
  pauseSchedule,
  resumeSchedule,
} from '../../../../lambdas/domain/schedules/keep-schedules.ts'
import { runSchedule } from '../../../../lambdas/domain/schedules/run-schedule.ts'
import { mayRing, type NewSchedule, type StoredSchedule } from '../../../../lambdas/domain/schedules/schedule-store.ts'
import type { ScheduleTimer, TimerKey } from '../../../../lambdas/domain/schedules/schedule-timer.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { MemoryScheduleStore } from '../../../../sdk/src/testing/schedule-store.ts'
import { createPlatform } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

// Runs two requests side by side in every order of their calls, also with a crash of either before each of its calls.

const KEY = { namespace: 'acme', name: 'nightly' }
const REQUEST = { name: 'nightly', everyMs: 60_000, paused: false, job: { task: 'echo' } }
const TIME = '2026-01-01T02:00:00Z'

/** Knows which timers exist, as EventBridge Scheduler does. */
class TimerSet implements ScheduleTimer {
  readonly ringing = new Set<string>()

  async start({ timerId }: NewSchedule): Promise<void> {
    this.ringing.add(timerId)
  }

  async stop({ timerId }: TimerKey): Promise<void> {
    this.ringing.delete(timerId)
  }
}

type Release = () => void

/** One of the two requests. Each of its calls waits until it is released. */
class Request {
  #waiting: Release | undefined
  isOver = false

  /** Lets the calls of a port wait. */
  gate<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          await new Promise<void>((resolve) => {
            this.#waiting = resolve
          })
          return method.apply(target, args)
        }
      },
    })
  }

  async begin(run: () => Promise<unknown>): Promise<void> {
    const end = () => void (this.isOver = true)
    run().then(end, end)
    await this.#settled()
  }

  async step(): Promise<void> {
    const release = this.#waiting!
    this.#waiting = undefined
    release()
    await this.#settled()
  }

  /** Resolves once the request waits for its next call, or is over. */
  async #settled(): Promise<void> {
    while (this.#waiting === undefined && !this.isOver) await new Promise(setImmediate)
  }
}

function createWorld() {
  const platform = createPlatform()
  const tasks = { echo: defineTask({ run: () => null }) }
  const timer = new TimerSet()
  const schedules = new MemoryScheduleStore()
  let now = platform.clock.now()
  // Each schedule has a time of its own.
  const clock = { now: () => ++now, after: platform.clock.after.bind(platform.clock) }
  const ports = { ...platform, clock, ...taskPorts(tasks), timer, schedules }
  return { ports, timer, schedules }
}

type World = ReturnType<typeof createWorld>
type Operation = (ports: World['ports'], world: World) => Promise<unknown>

const ring: Operation = (ports, { timer }) => {
  const [timerId = 'gone'] = timer.ringing
  return runSchedule(ports, { ...KEY, timerId, time: TIME })
}
const OPERATIONS: Record<string, Operation> = {
  create: (ports) => createSchedule(ports, 'acme', REQUEST),
  pause: (ports) => pauseSchedule(ports, KEY),
  resume: (ports) => resumeSchedule(ports, KEY),
  delete: (ports) => deleteSchedule(ports, KEY),
  ring,
}

const STARTS: Record<string, (world: World) => Promise<unknown>> = {
  none: async () => {},
  running: ({ ports }) => createSchedule(ports, 'acme', REQUEST),
  paused: async ({ ports }) => {
    await createSchedule(ports, 'acme', REQUEST)
    await pauseSchedule(ports, KEY)
  },
  'paused, with a timer that its pause could not stop': async ({ ports, schedules }) => {
    await createSchedule(ports, 'acme', REQUEST)
    await schedules.pause((await schedules.read(KEY))!)
  },
  'running, without a timer': async ({ ports, timer }) => {
    await createSchedule(ports, 'acme', REQUEST)
    timer.ringing.clear()
  },
}

interface Run {
  readonly world: World
  /** The number of choices that there were at each step. */
  readonly choices: number[]
  readonly hasCrash: boolean
}

/** Runs two operations. Each number chooses who takes the next step, or crashes; beyond them, the first choice counts. */
async function runTogether(start: string, names: readonly string[], chosen: readonly number[]): Promise<Run> {
  const world = createWorld()
  await STARTS[start]!(world)
  const requests = names.map(() => new Request())
  for (const [index, request] of requests.entries()) {
    const { ports } = world
    const gated = { ...ports, schedules: request.gate(ports.schedules), timer: request.gate(ports.timer) }
    await request.begin(() => OPERATIONS[names[index]!]!(gated, world))
  }
  const choices: number[] = []
  let crashed: Request | undefined
  for (;;) {
    const active = requests.filter((request) => !request.isOver && request !== crashed)
    if (active.length === 0) return { world, choices, hasCrash: crashed !== undefined }
    const choice = chosen[choices.length] ?? 0
    choices.push(crashed === undefined ? active.length * 2 : active.length)
    if (choice < active.length) await active[choice]!.step()
    else crashed = active[choice - active.length]!
  }
}

/** Checks every run of two operations. */
async function forEachRun(start: string, names: readonly string[], check: (run: Run, path: string) => Promise<void>) {
  let chosen: number[] = []
  for (;;) {
    const run = await runTogether(start, names, chosen)
    const path = [...chosen, ...run.choices.slice(chosen.length).map(() => 0)]
    await check(run, path.join(''))
    while (path.length > 0 && path.at(-1)! + 1 >= run.choices[path.length - 1]!) path.pop()
    if (path.length === 0) return
    chosen = [...path.slice(0, -1), path.at(-1)! + 1]
  }
}

const needed = (schedule: StoredSchedule | undefined): string[] =>
  schedule !== undefined && mayRing(schedule.timerId, schedule) ? [schedule.timerId] : []

const pairs = Object.keys(OPERATIONS).flatMap((one, index, all) => all.slice(index).map((other) => [one, other]))

it.each(Object.keys(STARTS).flatMap((start) => pairs.map(([one, other]) => [start, one!, other!] as const)))(
  'from "%s", %s beside %s: every timer has a schedule, and every schedule its timer',
  async (start, one, other) => {
    await forEachRun(start, [one, other], async ({ world, hasCrash }, path) => {
      const { ports, timer, schedules } = world
      const schedule = await schedules.read(KEY)
      // A request that crashed has failed, and whoever made it repeats it.
      if ((hasCrash || start === 'running, without a timer') && schedule?.paused === false) {
        await resumeSchedule(ports, KEY)
      }
      const lacking = needed(schedule).filter((timerId) => !timer.ringing.has(timerId))
      expect({ path, lacking }).toEqual({ path, lacking: [] })
      for (const timerId of timer.ringing) await runSchedule(ports, { ...KEY, timerId, time: TIME })
      expect({ path, ringing: [...timer.ringing] }).toEqual({ path, ringing: needed(await schedules.read(KEY)) })
    })
  },
)
