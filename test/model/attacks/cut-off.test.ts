import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import type { AwsCall } from '../../../local/wire/call.ts'
import { type AttackedCloud, startAttackedCloud } from './attacked-cloud.ts'

const NAMESPACE = 'cut-off'
/** Enough to fill all environments of a function. */
const JOBS = 40
/** Longer than it takes until every worker makes a call: it looks at its running jobs every five seconds. */
const RUN_MS = 8_000
/** The promise. */
const STARTED_MS = 2_000

/** On the real clock: the times are what is tested. */
describe('a crash of all workers at once', () => {
  let attacked: AttackedCloud
  /** True while every call of a worker kills it. */
  let kills = false

  beforeAll(async () => {
    const onCall = ({ principal }: AwsCall) =>
      kills && principal.name.includes('Worker') ? ({ type: 'crash', when: 'before' } as const) : undefined
    attacked = await startAttackedCloud({ faults: { onCall } })
    // The first job waits for its function to start.
    await startedWithin()
  }, 60_000)
  afterAll(() => attacked.close())

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

  it(`cuts off ${JOBS} jobs, which run again and end, and delays no new job by two seconds`, async () => {
    const ids = Array.from({ length: JOBS }, (_, index) => `cut-off-${index}`)
    await attacked.rest(NAMESPACE, 'POST', '/jobs', {
      jobs: ids.map((id) => ({ id, task: 'work', input: { ms: RUN_MS } })),
    })
    // A run that is not on record yet leaves no suspect.
    for (const id of ids) while ((await statusOf(id)) !== 'running') await setTimeout(50)
    kills = true
    while (attacked.cloud.activity().invocations > 0) await setTimeout(50)
    kills = false

    const waitsMs: number[] = []
    const seen = { ended: false }
    const watched = Promise.all(ids.map((id) => attacked.ended(NAMESPACE, id))).finally(() => (seen.ended = true))
    while (!seen.ended) {
      waitsMs.push(await startedWithin())
      await setTimeout(500)
    }
    const records = await watched
    expect(ids.every((id) => attacked.runs.filter(({ jobId }) => jobId === id).length > 1)).toBe(true)
    process.stdout.write(
      `${JOBS} jobs cut off: the slowest of ${waitsMs.length} new jobs waited ${Math.max(...waitsMs)} ms\n`,
    )
    expect(Math.max(...waitsMs)).toBeLessThan(STARTED_MS)
    expect(records.filter(({ status }) => status !== 'success')).toEqual([])
  }, 300_000)
})
