import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { HeapReport } from '../support/chaos-memory.ts'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'
import { CuttingProxy } from '../support/cutting-proxy.ts'

/**
 * The disorder is the same as in sdk-chaos.test.ts, and so is the seed: `JOBWIRE_SEED=<seed> npx jest
 * test/local/sdk-chaos`
 */
const JOBS = 2_000
const SEED = Number(process.env.JOBWIRE_SEED ?? Math.floor(Math.random() * 2 ** 31))
/**
 * Objects of fetch, of the sockets and of Node's timers. One object for each job, or ten for each connection, would be
 * more.
 */
const OTHER_OBJECTS = 400
/** Results that the client may remember. No other job is in its heap at the end. */
const CACHED = 50
const MEGABYTE = 1024 * 1024

describe(`the memory of a client whose connection is cut again and again (JOBWIRE_SEED=${SEED})`, () => {
  let cloud: CloudProcess
  let proxy: CuttingProxy
  let child: ChildProcess | undefined

  beforeAll(async () => {
    cloud = await startCloudProcess()
    proxy = await CuttingProxy.start(new URL(cloud.socketUrl), SEED)
  }, 120_000)
  afterAll(async () => {
    // It would run for ever if something kept it alive.
    child?.kill()
    await proxy.close()
    await cloud.stop()
  })

  /** Runs the rounds of test/support/chaos-memory.ts in their own process, which ends when nothing keeps it alive. */
  async function runRounds(): Promise<HeapReport[]> {
    const script = ['scripts/run.mjs', 'test/support/chaos-memory.ts']
    const args = [cloud.url, cloud.token, proxy.host, ...[SEED, JOBS, CACHED].map(String)]
    const started = spawn(process.execPath, ['--expose-gc', ...script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    let complaints = ''
    started.stderr.on('data', (chunk: Buffer) => {
      complaints += String(chunk)
    })
    const exited = new Promise<number | null>((resolve) => started.once('exit', (code) => resolve(code)))
    const reports: HeapReport[] = []
    for await (const line of createInterface({ input: started.stdout })) reports.push(JSON.parse(line) as HeapReport)
    const code = await exited
    if (code !== 0) throw new Error(`The client's process ended with ${code}: ${complaints}`)
    return reports
  }

  it('returns to its first size after maps, streams, updates and errors of thousands of jobs', async () => {
    const [start, ...rounds] = await runRounds()
    const megabytes = [start!, ...rounds].map(({ round, heapUsed }) => `${round} ${(heapUsed / MEGABYTE).toFixed(1)}`)
    process.stderr.write(`The client's heap, in MB: ${megabytes.join(', ')}\n`)
    expect(rounds.map(({ round }) => round)).toEqual(['map', 'abandoned', 'stream', 'handles', 'map'])
    expect(start).toMatchObject({ instances: { Client: 1, Connection: 0, MapRun: 0, TrackedJob: 0 }, listeners: 0 })
    expect(start!.ids).toBe(CACHED)
    for (const { instances, ids, listeners, objects, heapUsed } of rounds) {
      expect({ instances, ids, listeners }).toEqual({ instances: start!.instances, ids: CACHED, listeners: 0 })
      expect(objects - start!.objects).toBeLessThan(OTHER_OBJECTS)
      expect(heapUsed - start!.heapUsed).toBeLessThan(4 * MEGABYTE)
    }
    expect(proxy.cuts.byTime).toBeGreaterThan(0)
    expect(proxy.cuts.byTime + proxy.cuts.byBytes).toBeGreaterThan(10)
  }, 240_000)
})
