import { connect, type Jobwire } from '@jobwire/sdk'
import { Latencies } from '../cli/latency.ts'
import { readLocalTokenSecret, signToken } from '../cli/token.ts'
import type { tasks } from '../tasks/index.ts'
import type { CloudProcess } from '../test/support/cloud-process.ts'
import { startCloudProcess } from '../test/support/cloud-process.ts'

/**
 * Measures two ratios. The time that ten jobs of a namespace take while another namespace has thousands of queued jobs,
 * to the time that they take alone. And the latency of a critical job among a thousand low ones, to the latency of the
 * low ones.
 */
const FLOOD_JOBS = Number(process.env.FLOOD_JOBS ?? 5_000)
const LOW_JOBS = Number(process.env.LOW_JOBS ?? 1_000)
const CRITICAL_JOBS = 20
const FEW = 10
const ROUNDS = 5
/** The duration of each job, in milliseconds: it waits, and leaves the processor to others. */
const RUN_MS = Number(process.env.RUN_MS ?? 20)

type Client = Jobwire<typeof tasks>

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const median = (samples: Latencies): number => samples.percentile(0.5)

async function connectAs(cloud: CloudProcess, namespace: string): Promise<Client> {
  const secret = await readLocalTokenSecret(cloud.outputs['TokenSecretArn']!, cloud.endpoint)
  const token = await signToken(secret, { namespace, subject: 'bench', expiresInSeconds: 3_600 })
  return connect<typeof tasks>({ url: cloud.url, token })
}

async function measureFewJobsMs(client: Client): Promise<number> {
  const startMs = performance.now()
  await Promise.all(Array.from({ length: FEW }, () => client.run('wait', { ms: RUN_MS })))
  return performance.now() - startMs
}

async function measureFlood(flooding: Client, other: Client): Promise<void> {
  const alone = new Latencies()
  for (let round = 0; round < ROUNDS; round++) alone.add(await measureFewJobsMs(other))
  const flooded = new Latencies()
  let overtaken = 0
  for (let round = 0; round < ROUNDS; round++) {
    const handles = await Promise.all(Array.from({ length: FLOOD_JOBS }, () => flooding.submit('wait', { ms: RUN_MS })))
    let done = 0
    const results = handles.map((handle) => handle.result().then(() => done++))
    flooded.add(await measureFewJobsMs(other))
    overtaken += FLOOD_JOBS - done
    await Promise.all(results)
  }
  const ratio = median(flooded) / median(alone)
  say(
    `${FEW} jobs alone ${median(alone).toFixed(0)} ms, behind ${FLOOD_JOBS} of another namespace ` +
      `${median(flooded).toFixed(0)} ms: ${ratio.toFixed(2)} times (at most 5); ` +
      `${Math.round(overtaken / ROUNDS)} of the flood were still to come`,
  )
}

async function measurePriorities(client: Client): Promise<void> {
  const low = new Latencies()
  const critical = new Latencies()
  const timed = async (priority: 'low' | 'critical', latencies: Latencies): Promise<void> => {
    const startMs = performance.now()
    const handle = await client.submit('wait', { ms: RUN_MS }, { priority })
    await handle.result()
    latencies.add(performance.now() - startMs)
  }
  const all = Array.from({ length: LOW_JOBS }, () => timed('low', low))
  for (let job = 0; job < CRITICAL_JOBS; job++) await timed('critical', critical)
  await Promise.all(all)
  const ratio = median(critical) / median(low)
  say(
    `${LOW_JOBS} low jobs: median ${median(low).toFixed(0)} ms; critical ones among them ` +
      `${median(critical).toFixed(0)} ms: ${ratio.toFixed(3)} of it (under 0.1)`,
  )
}

const cloud = await startCloudProcess()
const flooding = await connectAs(cloud, 'flooding')
const other = await connectAs(cloud, 'other')
try {
  await Promise.all([flooding, other].map((client) => measureFewJobsMs(client)))
  await measureFlood(flooding, other)
  await measurePriorities(other)
} finally {
  await Promise.all([flooding.close(), other.close()])
  await cloud.stop()
}
