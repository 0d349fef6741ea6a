import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { JobUpdate } from '../../protocol/job/job.ts'
import { isTerminal } from '../../protocol/job/job.ts'
import { connectThrough } from '../support/chaos-client.ts'
import type { ChaosClient } from '../support/chaos-client.ts'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'
import { CuttingProxy } from '../support/cutting-proxy.ts'
import type { Disorder, DisorderlySocket } from '../support/disorderly-socket.ts'

/*
 * The connection is cut every few hundred milliseconds, in the middle of the traffic, and every frame comes late, out
 * of order or twice. `JOBWIRE_SEED=<seed> npx jest test/local/sdk-chaos` draws the same cuts, delays and copies again.
 * How they fall together depends on the machine.
 */
const JOBS = 2_000
const STREAMED = 1_000
const SEED = Number(process.env.JOBWIRE_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** Asserts the rules for each job's updates: versions grow, and one terminal update comes, as the last. */
class Histories {
  readonly #latest = new Map<string, JobUpdate>()

  add(update: JobUpdate): void {
    const before = this.#latest.get(update.id)
    expect(before === undefined || !isTerminal(before.status)).toBe(true)
    expect(update.version).toBeGreaterThan(before?.version ?? 0)
    this.#latest.set(update.id, update)
  }

  expectSuccessOf(ids: readonly string[]): void {
    expect([...this.#latest.keys()].sort()).toEqual([...ids].sort())
    for (const { status } of this.#latest.values()) expect(status).toBe('success')
  }
}

function expectDisorder({ frames, overtaken, doubled }: Disorder): void {
  expect(frames).toBeGreaterThan(overtaken)
  expect(overtaken).toBeGreaterThan(0)
  expect(doubled).toBeGreaterThan(0)
}

describe(`a client whose connection is cut at random bytes and whose frames are disorderly (JOBWIRE_SEED=${SEED})`, () => {
  let cloud: CloudProcess
  let proxy: CuttingProxy

  beforeAll(async () => {
    cloud = await startCloudProcess()
    proxy = await CuttingProxy.start(new URL(cloud.socketUrl), SEED)
  }, 120_000)
  afterAll(async () => {
    await proxy.close()
    await cloud.stop()
  })

  /** Runs `work` with its own client, and asserts that the connection was cut and disorderly enough. */
  async function inChaos(cuts: number, work: (jobs: ChaosClient['jobs']) => Promise<void>): Promise<DisorderlySocket> {
    const before = { ...proxy.cuts }
    const { jobs, socket } = await connectThrough(proxy.host, SEED, { url: cloud.url, token: cloud.token })
    await work(jobs)
    await jobs.close()
    const { byTime, byBytes, amidst } = proxy.cuts
    expect(byTime + byBytes - before.byTime - before.byBytes).toBeGreaterThanOrEqual(cuts)
    expect(amidst).toBeGreaterThan(before.amidst)
    expectDisorder(socket.received)
    return socket
  }

  it('maps 2,000 inputs: every output comes once, in order, and every job has ended once', async () => {
    const { sent } = await inChaos(5, async (jobs) => {
      const inputs = Array.from({ length: JOBS }, (_, index) => ({ index, text: 'x'.repeat(index % 200) }))
      const outputs: unknown[] = []
      const progress: number[] = []
      const map = jobs.map('echo', inputs, {
        id: (_input, index) => `map-${index}`,
        onProgress: ({ succeeded, failed }) => progress.push(succeeded + failed),
      })
      for await (const output of map) outputs.push(output)
      expect(outputs).toEqual(inputs)
      expect(progress).toEqual(inputs.map((_, index) => index + 1))
      const { total, success } = await jobs.counts({ prefix: 'map-' })
      expect({ total, success }).toEqual({ total: JOBS, success: JOBS })
    })
    expectDisorder(sent)
  }, 240_000)

  it('streams 1,000 outputs: each comes once, and is what the record of its job has', async () => {
    const { sent } = await inChaos(3, async (jobs) => {
      const values = new Map<string, unknown>()
      const indexes = new Set<number>()
      const inputs = Array.from({ length: STREAMED }, () => undefined)
      const options = { id: (_input: unknown, index: number) => `stream-${index}` }
      for await (const { index, id, value } of jobs.stream('uuid', inputs, options)) {
        expect(indexes.has(index)).toBe(false)
        indexes.add(index)
        values.set(id, value)
      }
      expect(indexes.size).toBe(STREAMED)
      let records = 0
      // Another run would have given another value, and another end another version.
      for await (const job of jobs.list({ prefix: 'stream-', include: ['output'] })) {
        records++
        expect(job.output).toBe(values.get(job.id))
        expect(job.attempts).toBe(0)
        expect(job.version).toBeLessThanOrEqual(3)
      }
      expect(records).toBe(STREAMED)
    })
    expectDisorder(sent)
  }, 240_000)

  it('watches 200 jobs at once: versions that grow, one end each', async () => {
    await inChaos(2, async (jobs) => {
      const outcomes = await jobs.submitMany(
        Array.from({ length: 200 }, (_, index) => ({ task: 'wait' as const, input: { ms: 5 * index } })),
      )
      const ids = outcomes.map(({ job, error }) => {
        if (error !== undefined) throw error
        return job.id
      })
      const histories = new Histories()
      for await (const update of jobs.watch(ids)) histories.add(update)
      histories.expectSuccessOf(ids)
    })
  }, 240_000)

  it('gives every handle its updates and its result: versions that grow, one end each', async () => {
    await inChaos(2, async (jobs) => {
      const histories = new Histories()
      const ids = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const handle = await jobs.submit('count', { to: 5, everyMs: 10 + 2 * index })
          for await (const update of handle.updates()) histories.add(update)
          expect(await handle.result()).toBe(5)
          return handle.id
        }),
      )
      histories.expectSuccessOf(ids)
    })
  }, 240_000)
})
