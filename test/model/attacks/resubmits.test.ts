import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { JobRecord } from '../../../protocol/job/job.ts'
import { seededRandom } from '../../support/random-numbers.ts'
import { type AttackedCloud, startAttackedCloud, type ToldRun } from './attacked-cloud.ts'

const SCHEDULES = 200
const SEED = 1
/** Schedules that are under way at the same time. */
const AT_ONCE = 25
const LATEST_RESUBMIT_MS = 2_000
/** A wave in so many has jobs that crash their worker beside the others. */
const WAVES_PER_CRASH = 4

interface Schedule {
  readonly namespace: string
  /** The id or the key of the job, and its task. */
  readonly job: {
    readonly id?: string
    readonly idempotencyKey?: string
    readonly task: string
    readonly input: object
  }
  /** The times of the resubmits, after the first submit. */
  readonly resubmitsMs: readonly number[]
}

/** One job each, submitted two to five times: nothing may run it twice, and nobody innocent is convicted. */
describe('resubmits at random times', () => {
  let attacked: AttackedCloud
  beforeAll(async () => {
    attacked = await startAttackedCloud()
  }, 60_000)
  afterAll(() => attacked.close())

  function makeSchedules(): Schedule[] {
    const random = seededRandom(SEED)
    return Array.from({ length: SCHEDULES }, (_, index) => {
      const kind = (['short', 'long', 'limited'] as const)[Math.floor(random() * 3)]!
      const ms = Math.floor(
        kind === 'short' ? random() * 60 : kind === 'long' ? 300 + random() * 2_500 : random() * 600,
      )
      const name = `job-${index}`
      return {
        // The limited jobs of a namespace wait for each other.
        namespace: kind === 'limited' ? `limited-${Math.floor(index / AT_ONCE)}` : `free-${index % 5}`,
        job: {
          ...(random() < 0.5 ? { id: name } : { idempotencyKey: name }),
          task: kind === 'limited' ? 'limited' : 'work',
          input: { ms },
        },
        resubmitsMs: Array.from({ length: 1 + Math.floor(random() * 4) }, () => random() * LATEST_RESUBMIT_MS),
      }
    })
  }

  async function play({ namespace, job, resubmitsMs }: Schedule): Promise<JobRecord> {
    const { id } = await attacked.submit(namespace, job)
    await Promise.all(
      resubmitsMs.map(async (delayMs) => {
        // The times are the attack.
        await new Promise((resolve) => setTimeout(resolve, delayMs))
        await attacked.submit(namespace, job)
      }),
    )
    return attacked.ended(namespace, id!)
  }

  it(`${SCHEDULES} schedules: no two runs of a job overlap, none begins after a success, no innocent is convicted (I5)`, async () => {
    const schedules = makeSchedules()
    const records: JobRecord[] = []
    for (let wave = 0; wave * AT_ONCE < SCHEDULES; wave++) {
      const crashes = wave % WAVES_PER_CRASH === 1
      if (crashes) await attacked.submit('crashing', { task: 'crash', input: { ms: 700 } })
      const played = schedules.slice(wave * AT_ONCE, (wave + 1) * AT_ONCE).map(play)
      records.push(...(await Promise.all(played)))
    }
    expect(records.filter(({ status }) => status !== 'success').map(({ id, error }) => [id, error])).toEqual([])
    expect(attacked.runs.length).toBeGreaterThanOrEqual(SCHEDULES)
    expect(records.flatMap((record) => problemsOf(record, runsOf(attacked.runs, record)))).toEqual([])
  }, 600_000)
})

function runsOf(runs: readonly ToldRun[], { id }: JobRecord): ToldRun[] {
  return runs.filter(({ jobId }) => jobId === id).sort((one, other) => one.begin - other.begin)
}

function problemsOf({ id, finishedAt }: JobRecord, runs: readonly ToldRun[]): string[] {
  return runs.flatMap((run, index) => {
    const next = runs[index + 1]
    const overlaps = next !== undefined && (run.end === undefined || run.end > next.begin)
    const hasNoCause = next !== undefined && run.crashed !== true
    const isLate = run.begin > finishedAt!
    return [
      ...(overlaps ? [`${id} ran twice at the same time`] : []),
      ...(hasNoCause ? [`${id} ran again though no crash had cut it off`] : []),
      ...(isLate ? [`${id} ran after its end`] : []),
    ]
  })
}
