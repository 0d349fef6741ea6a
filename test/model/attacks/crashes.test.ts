import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import type { AwsCall } from '../../../local/wire/call.ts'
import { type AttackedCloud, startAttackedCloud } from './attacked-cloud.ts'

const NAMESPACE = 'crashes'
/** Enough to fill all environments of a function. */
const JOBS = 40
/** Longer than it takes until every worker makes a call: it looks at its running jobs every five seconds. */
const RUN_MS = 8_000
/** The times that are promised. */
const CONVICTED_MS = 90_000
const NOTICED_MS = 20_000
const STARTED_MS = 2_000

/** On the real clock: the times are what is tested. */
describe('a crash', () => {
  let attacked: AttackedCloud
  /** True while every call of a worker kills it. */
  let kills = false
  const figures: string[] = []

  beforeAll(async () => {
    const onCall = ({ principal }: AwsCall) =>
      kills && principal.name.includes('Worker') ? ({ type: 'crash', when: 'before' } as const) : undefined
    attacked = await startAttackedCloud({ faults: { onCall } })
    // The first job waits for its function to start.
    await startedWithin()
  }, 60_000)
  afterAll(async () => {
    process.stdout.write(`${figures.join('\n')}\n`)
    await attacked.close()
  })

  /** Returns how long a new job waits until it begins, in ms. */
  async function startedWithin(): Promise<number> {
    const submittedAt = Date.now()
    const { id } = await attacked.submit(NAMESPACE, { task: 'work', input: { ms: 0 } })
    for (;;) {
      const run = attacked.runs.find(({ jobId }) => jobId === id)
      if (run !== undefined) return run.begin - submittedAt
      await setTimeout(10)
    }
  }

  async function statusOf(id: string): Promise<string> {
    return (await attacked.rest(NAMESPACE, 'GET', `/jobs/${id}`)).job.status
  }

  const runsOf = (id: string) => attacked.runs.filter(({ jobId }) => jobId === id)

  it('that comes three times ends its job within 90 s', async () => {
    const begunAt = Date.now()
    const { id } = await attacked.submit(NAMESPACE, { task: 'exit' })
    const record = await attacked.ended(NAMESPACE, id!)
    const tookMs = Date.now() - begunAt
    figures.push(`exit: WORKER_CRASHED after ${tookMs} ms`)
    expect(record).toMatchObject({ status: 'failed', error: { code: 'WORKER_CRASHED' } })
    expect(tookMs).toBeLessThan(CONVICTED_MS)
  }, 120_000)

  it('loses a run that begins again within 20 s', async () => {
    const { id } = await attacked.submit(NAMESPACE, { task: 'crash', input: { ms: 400 } })
    while (runsOf(id!).length < 2) await setTimeout(50)
    const [first, second] = runsOf(id!)
    figures.push(`lost run: begins again after ${second!.begin - first!.end!} ms`)
    expect(second!.begin - first!.end!).toBeLessThan(NOTICED_MS)
    await attacked.ended(NAMESPACE, id!)
  }, 120_000)

  it('of all workers with 40 jobs delays no new job by 2 s, while the 40 run again and end', async () => {
    const ids = Array.from({ length: JOBS }, (_, index) => `cut-off-${index}`)
    await attacked.rest(NAMESPACE, 'POST', '/jobs', {
      jobs: ids.map((id) => ({ id, task: 'work', input: { ms: RUN_MS } })),
    })
    // A run that is not on record yet leaves no suspect.
    for (const id of ids) while ((await statusOf(id)) !== 'running') await setTimeout(50)
    kills = true
    while (attacked.cloud.activity().invocations > 0) await setTimeout(50)
    kills = false

    const waits: number[] = []
    const all = Promise.all(ids.map((id) => attacked.ended(NAMESPACE, id)))
    const seen = { ended: false }
    const watched = all.finally(() => (seen.ended = true))
    while (!seen.ended) {
      waits.push(await startedWithin())
      await setTimeout(500)
    }
    const records = await watched
    expect(ids.every((id) => runsOf(id).length > 1)).toBe(true)
    figures.push(`${JOBS} jobs cut off: ${waits.length} new jobs began within ${Math.max(...waits)} ms`)
    expect(Math.max(...waits)).toBeLessThan(STARTED_MS)
    expect(records.filter(({ status }) => status !== 'success')).toEqual([])
  }, 300_000)
})
