import { connect, JobError, type Jobwire } from '@jobwire/sdk'
import type { tasks } from '../tasks/index.ts'
import { PRIORITIES, type Priority } from '../protocol/job/priority.ts'
import { renderBill } from './bill.ts'
import { Latencies } from './latency.ts'
import { openPlatforms } from './dev/welcome/platform-addresses.ts'
import { runLocalCloud } from './local-cloud.ts'
import { onStopSignal } from './stop-signal.ts'
import { ProgressBar } from './progress-bar.ts'

type DemoClient = Jobwire<typeof tasks>

const JOBS_PER_PRIORITY = 100

/** Starts a local cloud, runs real jobs through it, and shows their results and their costs on AWS. */
export async function demo(): Promise<void> {
  print('\nJobwire demo: the stack of this repository, on this machine, with real queues, tables and sockets.\n')
  // The logs of the functions are not part of the demo: `npm start -- --verbose` shows them.
  const running = await runLocalCloud({ port: 0, log: () => undefined })
  onStopSignal(() => running.cloud.close())
  const { synthesized, startedMs, cloud } = running
  print(`  ✔ stack synthesized${synthesized.cached ? ' (cached)' : ''} in ${seconds(synthesized.tookMs)}`)
  print(`  ✔ local cloud ready in ${seconds(startedMs)} at ${cloud.endpoint}`)

  const [platform] = await openPlatforms(cloud, 'demo')
  const { url, token } = platform!
  const jobs: DemoClient = await connect<typeof tasks>({ url, token })
  print(`  ✔ connected; first job: ${JSON.stringify(await jobs.run('greet', { name: 'world' }))}\n`)

  const latencies = await runMany(jobs)
  print('\n  from submit to pushed result, all submitted at once:')
  for (const priority of PRIORITIES) print(`    ${priority.padEnd(9)} ${latencies.get(priority)!.summary()}`)

  const alone = await runOneByOne(jobs, 20)
  print(`\n  one at a time:\n    ${'normal'.padEnd(9)} ${alone.summary()}`)

  print(`\n  a job that fails rejects its promise:\n    ${await failOnPurpose(jobs)}`)
  await jobs.close()

  print(`\nOn AWS, this run would have been billed as:\n`)
  const jobCount = 1 + JOBS_PER_PRIORITY * PRIORITIES.length + alone.count + 1
  print(indent(renderBill(cloud.meter.lines(), jobCount)))
  print('\nNext: npm start keeps a cloud running and prints an address and a token.\n')
  await cloud.close()
}

async function runMany(jobs: DemoClient): Promise<Map<Priority, Latencies>> {
  const latencies = new Map(PRIORITIES.map((priority) => [priority, new Latencies()]))
  const bar = new ProgressBar(JOBS_PER_PRIORITY * PRIORITIES.length)
  const runs = PRIORITIES.flatMap((priority) =>
    Array.from({ length: JOBS_PER_PRIORITY }, async (_, index) => {
      const submittedAtMs = performance.now()
      await runOneOf(jobs, index, priority)
      latencies.get(priority)!.add(performance.now() - submittedAtMs)
      bar.advance(`last: ${priority}`)
    }),
  )
  await Promise.all(runs)
  return latencies
}

function runOneOf(jobs: DemoClient, index: number, priority: Priority): Promise<unknown> {
  switch (index % 4) {
    case 0:
      return jobs.run('greet', { name: `caller ${index}` }, { priority })
    case 1:
      return jobs.run('primes', { below: 2_000 + index }, { priority })
    case 2:
      return jobs.run('wordCount', { text: 'store, then push, then acknowledge' }, { priority })
    default:
      return jobs.run('wait', { ms: 20 + index }, { priority })
  }
}

async function runOneByOne(jobs: DemoClient, count: number): Promise<Latencies> {
  const latencies = new Latencies()
  for (let index = 0; index < count; index++) {
    const submittedAtMs = performance.now()
    await jobs.run('greet', { name: `caller ${index}` })
    latencies.add(performance.now() - submittedAtMs)
  }
  return latencies
}

async function failOnPurpose(jobs: DemoClient): Promise<string> {
  try {
    await jobs.run('fail', { code: 'OUT_OF_PAPER', message: 'Tray 2 is empty: load it and submit the job again.' })
  } catch (error) {
    if (JobError.is(error)) return `${error.name} ${error.code}: ${error.message}`
    throw error
  }
  throw new Error('The task "fail" succeeded, which it never should.')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
