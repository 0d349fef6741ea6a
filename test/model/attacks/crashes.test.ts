import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type AttackedCloud, startAttackedCloud } from './attacked-cloud.ts'

/** The bounds are promises of time, with the defaults of a deployment: so these tests run on the real clock. */
const NOTICED_MS = 20_000
const ENDED_MS = 90_000
/** Two rounds of crashes, in which they lose a run each, and a turn of their own. */
const INNOCENT_MS = 120_000

describe('jobs that crash their worker', () => {
  let attacked: AttackedCloud
  beforeAll(async () => {
    attacked = await startAttackedCloud()
  }, 60_000)
  afterAll(() => attacked.close())

  it('runs again within 20 s of a crash, and three crashes end it within 90 s', async () => {
    const begunAt = Date.now()
    const [{ id: exits }, { id: crashes }] = await Promise.all([
      attacked.submit('crashing', { task: 'exit' }),
      attacked.submit('crashing', { task: 'crash', input: { ms: 300 } }),
    ])
    const records = await Promise.all([attacked.ended('crashing', exits!), attacked.ended('crashing', crashes!)])
    expect(records.map(({ error }) => error?.code)).toEqual(['WORKER_CRASHED', 'WORKER_CRASHED'])
    expect(Date.now() - begunAt).toBeLessThan(ENDED_MS)
    const [first, second] = attacked.runs.filter(({ jobId }) => jobId === crashes)
    expect(second!.begin - first!.end!).toBeLessThan(NOTICED_MS)
  }, 180_000)

  it('lets the jobs of one namespace that crash hold up none of another for long that shared their batches', async () => {
    const begunAt = Date.now()
    const submitted = Array.from({ length: 40 }, async (_, index) => {
      if (index % 4 === 0) await attacked.submit('many-crashes', { task: 'crash', input: { ms: 700 } })
      return attacked.submit('beside-crashes', { task: 'work', input: { ms: 1_000 } })
    })
    const innocents = await Promise.all(submitted)
    const records = await Promise.all(innocents.map(({ id }) => attacked.ended('beside-crashes', id!)))
    expect(records.filter(({ status }) => status !== 'success')).toEqual([])
    const lastMs = Math.max(...records.map(({ finishedAt }) => finishedAt! - begunAt))
    process.stdout.write(`40 jobs beside ten that crash: the last ended after ${lastMs} ms\n`)
    expect(lastMs).toBeLessThan(INNOCENT_MS)
  }, 300_000)

  it('runs a job once whose task blocks its thread for longer than a message is held', async () => {
    const { id } = await attacked.submit('blocking', { task: 'block', input: { ms: 25_000 } })
    expect(await attacked.ended('blocking', id!)).toMatchObject({ status: 'success' })
    expect(attacked.runs.filter(({ jobId }) => jobId === id)).toHaveLength(1)
  }, 60_000)

  it('fails a task as TASK_TIMEOUT that blocks its thread past its timeout', async () => {
    const { id } = await attacked.submit('blocking', { task: 'overdue', input: { ms: 3_000 } })
    expect(await attacked.ended('blocking', id!)).toMatchObject({ status: 'failed', error: { code: 'TASK_TIMEOUT' } })
  }, 60_000)
})
