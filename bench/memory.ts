import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@jobwire/sdk'
import type { tasks } from '../tasks/index.ts'
import { startCloudProcess } from '../test/support/cloud-process.ts'
import { memoryOfProcessMb, memoryOfTreeMb } from '../test/support/process-tree.ts'

/** Measures the memory of a local cloud while it is idle, under a modest load, and for a while after that. */
const ROUNDS = Number(process.env.ROUNDS ?? 6)
const JOBS_PER_ROUND = Number(process.env.JOBS_PER_ROUND ?? 500)
const SECONDS_AFTER = Number(process.env.SECONDS_AFTER ?? 150)
const STEP_SECONDS = 15

const cloud = await startCloudProcess()

function print(when: string): void {
  const [nodeMb, allMb] = [memoryOfProcessMb(cloud.pid), memoryOfTreeMb(cloud.pid)]
  process.stdout.write(
    `${when.padEnd(18)} ${allMb.toFixed(0).padStart(4)} MB, of which Node.js ${nodeMb.toFixed(0)} MB\n`,
  )
}

try {
  const client = await connect<typeof tasks>({ url: cloud.url, token: cloud.token })
  print('idle')
  for (let round = 1; round <= ROUNDS; round++) {
    await Promise.all(Array.from({ length: JOBS_PER_ROUND }, (_, n) => client.run('greet', { name: `caller ${n}` })))
    print(`after ${round * JOBS_PER_ROUND} jobs`)
  }
  for (let seconds = STEP_SECONDS; seconds <= SECONDS_AFTER; seconds += STEP_SECONDS) {
    await sleep(STEP_SECONDS * 1_000)
    print(`${seconds} s later`)
  }
  await client.close()
} finally {
  await cloud.stop()
}
