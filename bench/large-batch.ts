import { connect, type Jobwire } from '@jobwire/sdk'
import type { tasks } from '../tasks/index.ts'
import { startCloudProcess } from '../test/support/cloud-process.ts'
import { memoryOfProcessMb, memoryOfTreeMb } from '../test/support/process-tree.ts'

/**
 * Runs one large batch of no-op jobs, with a limited number under way, to show that the rate holds and that memory stays
 * flat. Prints a line for each tenth of the batch.
 */
const JOBS = Number(process.env.JOBS ?? 100_000)
const UNDER_WAY = 5_000
const TENTHS = 10

async function runBatch(client: Jobwire<typeof tasks>, onTenth: (tenth: number) => void): Promise<void> {
  let submitted = 0
  let done = 0
  async function runJobs(): Promise<void> {
    while (submitted < JOBS) {
      submitted++
      await client.run('noop')
      done++
      if (done % (JOBS / TENTHS) === 0) onTenth(done / (JOBS / TENTHS))
    }
  }
  await Promise.all(Array.from({ length: UNDER_WAY }, runJobs))
}

const cloud = await startCloudProcess()
const client = await connect<typeof tasks>({ url: cloud.url, token: cloud.token })
try {
  const rates: number[] = []
  let tenthStartedMs = performance.now()
  await runBatch(client, (tenth) => {
    const nowMs = performance.now()
    const rate = JOBS / TENTHS / ((nowMs - tenthStartedMs) / 1000)
    tenthStartedMs = nowMs
    rates.push(rate)
    const clientMb = process.memoryUsage().rss / 1024 / 1024
    const cloudMb = memoryOfProcessMb(cloud.pid)
    // The other process is Dynoxide, which keeps the tables in memory: one record for each job, by design.
    const tablesMb = memoryOfTreeMb(cloud.pid) - cloudMb
    const memory = [
      `cloud ${cloudMb.toFixed(0)}`,
      `tables ${tablesMb.toFixed(0)}`,
      `client ${clientMb.toFixed(0)} MB`,
    ].join(', ')
    process.stdout.write(`${String(tenth * 10).padStart(3)} %  ${rate.toFixed(0).padStart(6)} jobs/s  ${memory}\n`)
  })
  const ratio = rates.at(-1)! / rates[0]!
  process.stdout.write(`rate of the last tenth: ${(ratio * 100).toFixed(0)} % of the first's\n`)
} finally {
  await client.close()
  await cloud.stop()
}
