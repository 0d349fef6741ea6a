import { connect, type Jobwire } from '@jobwire/sdk'
import { Latencies } from '../cli/latency.ts'
import type { tasks } from '../tasks/index.ts'
import { startCloudProcess } from '../test/support/cloud-process.ts'
import { memoryOfTreeMb } from '../test/support/process-tree.ts'

/**
 * Measures the time from submit to pushed result on the local cloud: many no-op jobs at once, then some one after the
 * other. The cloud runs in a process of its own; this process is the client.
 */
const BULK_JOBS = Number(process.env.BULK_JOBS ?? 20_000)
const SINGLE_JOBS = Number(process.env.SINGLE_JOBS ?? 500)
const WARM_UP_JOBS = 500

type Client = Jobwire<typeof tasks>

async function timed(client: Client, latencies: Latencies): Promise<void> {
  const submittedAtMs = performance.now()
  await client.run('noop')
  latencies.add(performance.now() - submittedAtMs)
}

async function measure(name: string, jobs: number, work: (latencies: Latencies) => Promise<unknown>): Promise<void> {
  const latencies = new Latencies()
  const startMs = performance.now()
  await work(latencies)
  const seconds = (performance.now() - startMs) / 1000
  const rate = Math.round(jobs / seconds)
  process.stdout.write(
    `${name.padEnd(24)} ${String(rate).padStart(6)} jobs/s  ${seconds.toFixed(2)} s  ${latencies.summary()}\n`,
  )
}

const cloud = await startCloudProcess()
const idleMb = memoryOfTreeMb(cloud.pid)
const client = await connect<typeof tasks>({ url: cloud.url, token: cloud.token })
try {
  process.stdout.write(`ready in ${(cloud.readyMs / 1000).toFixed(2)} s, idle at ${idleMb.toFixed(0)} MB\n`)
  await Promise.all(Array.from({ length: WARM_UP_JOBS }, () => client.run('noop')))
  await measure(`${BULK_JOBS} no-op jobs in bulk`, BULK_JOBS, (latencies) =>
    Promise.all(Array.from({ length: BULK_JOBS }, () => timed(client, latencies))),
  )
  await measure(`${SINGLE_JOBS} one after the other`, SINGLE_JOBS, async (latencies) => {
    for (let done = 0; done < SINGLE_JOBS; done++) await timed(client, latencies)
  })
  const clientMb = process.memoryUsage().rss / 1024 / 1024
  process.stdout.write(
    `memory after: cloud ${memoryOfTreeMb(cloud.pid).toFixed(0)} MB, client ${clientMb.toFixed(0)} MB\n`,
  )
} finally {
  await client.close()
  await cloud.stop()
}
