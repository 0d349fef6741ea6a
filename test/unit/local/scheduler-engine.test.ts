import { beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../local/clock.ts'
import { type Deliver, type DroppedRun, SchedulerEngine } from '../../../local/services/scheduler/engine.ts'
import type { Schedule } from '../../../local/services/scheduler/schedule.ts'
import { openScheduleStore, type ScheduleStore } from '../../../local/services/scheduler/schedule-store.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 1)

let clock: ManualClock
let store: ScheduleStore
let runs: { readonly name: string; readonly after: number; readonly attempt: number }[]
let dropped: string[]
let droppedRuns: DroppedRun[]

beforeEach(() => {
  clock = new ManualClock(START)
  store = openScheduleStore(undefined)
  runs = []
  dropped = []
  droppedRuns = []
})

function startEngine(deliver: (attempt: number) => Promise<void> = async () => {}): SchedulerEngine {
  const record: Deliver = ({ name }, { attempt }) => {
    runs.push({ name, after: clock.now() - START, attempt })
    return deliver(attempt)
  }
  return new SchedulerEngine({
    clock,
    store,
    deliver: record,
    dropped({ name }, run) {
      dropped.push(name)
      droppedRuns.push(run)
    },
  })
}

function put(engine: SchedulerEngine, name: string, more: Partial<Schedule> = {}): Schedule {
  const schedule: Schedule = {
    group: 'g',
    name,
    arn: `arn:${name}`,
    expression: 'rate(1 hour)',
    timezone: 'UTC',
    state: 'ENABLED',
    actionAfterCompletion: 'NONE',
    target: { arn: 'arn:target', roleArn: 'arn:role', input: '{}', maxRetries: 185, maxAgeMs: 24 * HOUR },
    createdMs: clock.now(),
    modifiedMs: clock.now(),
    ...more,
  }
  store.put(schedule)
  engine.refresh(schedule)
  return schedule
}

describe('the scheduler', () => {
  it('runs a rate without a start at once, and then at its rate', async () => {
    put(startEngine(), 'hourly')
    await clock.advance(2 * HOUR)
    expect(runs.map(({ after }) => after)).toEqual([0, HOUR, 2 * HOUR])
  })

  it('runs many schedules in the order of their times', async () => {
    const engine = startEngine()
    put(engine, 'b', { expression: 'at(2026-01-01T00:10:00)' })
    put(engine, 'a', { expression: 'at(2026-01-01T00:05:00)' })
    put(engine, 'c', { expression: 'cron(7 * * * ? *)' })
    await clock.advance(10 * MINUTE)
    expect(runs.map(({ name }) => name)).toEqual(['a', 'c', 'b'])
  })

  it('runs once for a time that has passed already', async () => {
    put(startEngine(), 'late', { expression: 'at(2025-12-31T00:00:00)' })
    await clock.advance(HOUR)
    expect(runs).toEqual([{ name: 'late', after: 0, attempt: 1 }])
  })

  it('tries again after longer and longer waits, and drops a run that is too old', async () => {
    const engine = startEngine(() => Promise.reject(new Error('throttled')))
    const target = { arn: 'a', roleArn: 'r', input: '{}', maxRetries: 185, maxAgeMs: 10_000 }
    put(engine, 'refused', { expression: 'at(2026-01-01T00:01:00)', target })
    await clock.advance(HOUR)
    expect(runs.map(({ after }) => (after - MINUTE) / 1_000)).toEqual([0, 1, 3, 7])
    expect(dropped).toEqual(['refused'])
  })

  it('tries again as often as the retry policy says, and tells which limit was reached', async () => {
    const engine = startEngine(() => Promise.reject(new Error('throttled')))
    const target = { arn: 'a', roleArn: 'r', input: '{}', maxRetries: 2, maxAgeMs: 24 * HOUR }
    put(engine, 'failing', { expression: 'at(2026-01-01T00:01:00)', target })
    put(engine, 'old', { expression: 'at(2026-01-01T00:02:00)', target: { ...target, maxAgeMs: 1_000 } })
    await clock.advance(HOUR)
    const run = { dueMs: START + MINUTE, attempts: 3, limit: 'MaximumRetryAttempts', reason: new Error('throttled') }
    expect(droppedRuns).toEqual([
      run,
      { ...run, dueMs: START + 2 * MINUTE, attempts: 2, limit: 'MaximumEventAgeInSeconds' },
    ])
  })

  it('records a run once the target has it: a restart before that runs it again', async () => {
    const hanging = startEngine(() => new Promise(() => {}))
    const schedule = put(hanging, 'hanging', { expression: 'at(2026-01-01T00:01:00)', actionAfterCompletion: 'DELETE' })
    await clock.advance(2 * MINUTE)
    hanging.close()
    const second = startEngine()
    second.refresh(schedule)
    await clock.advance(0)
    expect(runs).toHaveLength(2)
    expect(store.all()).toEqual([])
  })

  it('leaves a schedule alone that was changed while it ran', async () => {
    let finish = (): void => {}
    const engine = startEngine(() => new Promise((resolve) => (finish = resolve)))
    put(engine, 'changed', { expression: 'at(2026-01-01T00:01:00)', actionAfterCompletion: 'DELETE' })
    await clock.advance(MINUTE)
    const changed = put(engine, 'changed', { expression: 'at(2026-01-01T09:00:00)' })
    finish()
    await clock.advance(0)
    expect(store.all()).toEqual([changed])
  })

  it('does nothing after its close', async () => {
    const engine = startEngine()
    put(engine, 'hourly')
    engine.close()
    await clock.advance(5 * HOUR)
    expect(runs).toEqual([])
  })
})
