import { expect, it } from '@jest/globals'
import type { SchedulePorts } from '../../../../lambdas/domain/schedules/keep-schedules.ts'
import {
  createSchedule,
  deleteSchedule,
  pauseSchedule,
  resumeSchedule,
} from '../../../../lambdas/domain/schedules/keep-schedules.ts'
import type { NewSchedule } from '../../../../lambdas/domain/schedules/schedule-store.ts'
import type { ScheduleTimer, TimerKey } from '../../../../lambdas/domain/schedules/schedule-timer.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { MemoryScheduleStore } from '../../../../sdk/src/testing/schedule-store.ts'
import { createPlatform } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

const KEY = { namespace: 'acme', name: 'nightly' }
const REQUEST = { name: 'nightly', everyMs: 60_000, paused: false, job: { task: 'echo' } }

/** Knows which timers exist, as EventBridge Scheduler does. `meanwhile` runs once, before the next call takes effect. */
class RacingTimer implements ScheduleTimer {
  readonly ringing = new Set<string>()
  meanwhile: (() => Promise<unknown>) | undefined

  async start({ timerId }: NewSchedule): Promise<void> {
    await this.#yield()
    this.ringing.add(timerId)
  }

  async stop({ timerId }: TimerKey): Promise<void> {
    await this.#yield()
    this.ringing.delete(timerId)
  }

  async #yield(): Promise<void> {
    const { meanwhile } = this
    this.meanwhile = undefined
    await meanwhile?.()
  }
}

function setUp() {
  const timer = new RacingTimer()
  const tasks = { echo: defineTask({ run: () => null }) }
  const schedules = new MemoryScheduleStore()
  const ports = { ...createPlatform(), ...taskPorts(tasks), timer, schedules }
  return { ports, timer, schedules, create: () => createSchedule(ports, 'acme', REQUEST) }
}

const isPaused = async ({ schedules }: SchedulePorts): Promise<boolean | undefined> =>
  (await schedules.read(KEY))?.paused

it('a schedule that is resumed while it is paused rings', async () => {
  const { ports, timer, create } = setUp()
  await create()
  timer.meanwhile = () => resumeSchedule(ports, KEY)
  expect(await pauseSchedule(ports, KEY)).toMatchObject({ ok: true, value: { paused: false } })
  expect([await isPaused(ports), timer.ringing.size]).toEqual([false, 1])
})

it('a schedule that is paused while it is resumed does not ring', async () => {
  const { ports, timer, create } = setUp()
  await create()
  await pauseSchedule(ports, KEY)
  timer.meanwhile = () => pauseSchedule(ports, KEY)
  expect(await resumeSchedule(ports, KEY)).toMatchObject({ ok: true, value: { paused: true } })
  expect([await isPaused(ports), timer.ringing.size]).toEqual([true, 0])
})

it('a schedule that is deleted while it is created leaves no timer behind', async () => {
  const { ports, timer, create } = setUp()
  timer.meanwhile = () => deleteSchedule(ports, KEY)
  await create()
  expect([await isPaused(ports), timer.ringing.size]).toEqual([undefined, 0])
})
