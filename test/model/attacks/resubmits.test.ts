import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import { ShiftedClock } from '../../../local/shifted-clock.ts'
import { idOfKey } from '../../../protocol/job/key-id.ts'
import type { JobRecord } from '../../../protocol/job/job.ts'
import { seededRandom } from '../../support/random-numbers.ts'
import { type AttackedCloud, startAttackedCloud, type ToldRun } from './attacked-cloud.ts'

/** ATTACK_SEED repeats the schedules. When things happen within them still depends on the machine. */
const SEED = Number(process.env['ATTACK_SEED'] ?? Date.now() % 1_000_000_000)
const SCHEDULES = 200
/** One in so many has a job beside it that crashes its worker. */
const CRASH_EVERY = 25
const NAMESPACES = 10
/** All schedules begin within this time. */
const SPREAD_MS = 20_000
/** No message is hidden for longer by a worker that died, and no wait of a suspect is longer. */
const HOLD_MS = 18_000

interface Schedule {
  readonly namespace: string
  readonly name: string
  readonly byKey: boolean
  readonly task: 'work' | 'limited'
  readonly lastsMs: number
  readonly startMs: number
  /** When it is submitted again, in ms after the first time. */
  readonly againMs: readonly number[]
  /** When a job is submitted that crashes its worker, in ms after the first time. */
  readonly crashMs?: number
}

function makeSchedules(seed: number): Schedule[] {
  const random = seededRandom(seed)
  const upTo = (limit: number): number => Math.floor(random() * limit)
  return Array.from({ length: SCHEDULES }, (_, index) => {
    const kind = (['short', 'long', 'limited'] as const)[upTo(3)]!
    return {
      namespace: `n${index % NAMESPACES}`,
      name: `job-${index}`,
      byKey: random() < 0.5,
      task: kind === 'limited' ? 'limited' : 'work',
      lastsMs: kind === 'long' ? 300 + upTo(2_700) : upTo(kind === 'short' ? 60 : 300),
      startMs: upTo(SPREAD_MS),
      againMs: Array.from({ length: 1 + upTo(4) }, () => upTo(2_001)),
      ...(index % CRASH_EVERY === 0 ? { crashMs: upTo(1_000) } : {}),
    }
  })
}

/** A job that is not the culprit of a crash ends as a success. */
interface Ended {
  readonly schedule: Schedule
  readonly record: JobRecord
  readonly runs: readonly ToldRun[]
}

describe(`jobs that are submitted again while they wait and while they run (I5, ATTACK_SEED=${SEED})`, () => {
  const clock = new ShiftedClock()
  const schedules = makeSchedules(SEED)
  let attacked: AttackedCloud
  let ended: readonly Ended[]
  let culprits: readonly JobRecord[]

  beforeAll(async () => {
    attacked = await startAttackedCloud({ clock })
    const ids = await Promise.all(schedules.map(play))
    await settle()
    ended = await Promise.all(
      schedules.map(async (schedule, index) => {
        const record = await attacked.ended(schedule.namespace, ids[index]!)
        const runs = attacked.runs.filter(({ jobId }) => jobId === record.id)
        return { schedule, record, runs: [...runs].sort((one, other) => one.begin - other.begin) }
      }),
    )
    const crashing = schedules.filter(({ crashMs }) => crashMs !== undefined)
    culprits = await Promise.all(crashing.map(({ namespace, name }) => attacked.ended(namespace, `${name}-crash`)))
  }, 300_000)
  afterAll(() => attacked.close())

  /** Submits the job of a schedule, the first time and again. Returns its id. */
  async function play(schedule: Schedule): Promise<string> {
    const { namespace, name, byKey, task, lastsMs, startMs, againMs, crashMs } = schedule
    const id = byKey ? await idOfKey(namespace, name) : name
    const job = { ...(byKey ? { idempotencyKey: name } : { id }), task, input: { ms: lastsMs } }
    await setTimeout(startMs)
    const submit = async (afterMs: number): Promise<void> => {
      await setTimeout(afterMs)
      expect(await attacked.submit(namespace, job)).toMatchObject({ id })
    }
    const crash = async (afterMs: number): Promise<void> => {
      await setTimeout(afterMs)
      await attacked.submit(namespace, { id: `${name}-crash`, task: 'crash', input: { ms: 50 } })
    }
    await Promise.all([0, ...againMs].map(submit).concat(crashMs === undefined ? [] : [crash(crashMs)]))
    return id
  }

  /** Puts the clock forward whenever all is at rest, until no message is left, those of the resubmits included. */
  async function settle(): Promise<void> {
    for (;;) {
      await setTimeout(50)
      const { invocations, visible, hidden } = attacked.cloud.activity()
      if (invocations + visible > 0) continue
      if (hidden === 0) return
      await clock.advance(HOLD_MS)
    }
  }

  it('never run twice at the same time', () => {
    const overlapping = ended.filter(({ runs }) =>
      runs.some(({ begin }, index) => runs.slice(0, index).some(({ end = Infinity }) => end > begin)),
    )
    expect(overlapping).toEqual([])
  })

  it('begin no run after their success, and a second one only after a crash', () => {
    const wrong = ended.filter(({ runs, record }) =>
      runs.some(({ begin }, index) => begin > record.finishedAt! || (index > 0 && runs[index - 1]!.crashed !== true)),
    )
    expect(wrong).toEqual([])
  })

  it('all succeed: only the jobs fail that crash their workers', () => {
    expect(ended.filter(({ record }) => record.status !== 'success')).toEqual([])
    expect(culprits.map(({ error }) => error?.code)).toEqual(culprits.map(() => 'WORKER_CRASHED'))
    expect(culprits).toHaveLength(SCHEDULES / CRASH_EVERY)
  })
})
