import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type AttackedCloud, startAttackedCloud } from './attacked-cloud.ts'

/** The bounds are promises of time, with the defaults of a deployment: so these tests run on the real clock. */
const NOTICED_MS = 20_000
const ENDED_MS = 90_000

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
