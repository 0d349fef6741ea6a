import { afterAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Jobwire } from '@jobwire/sdk'
import { readLocalTokenSecret, signToken } from '../../cli/token.ts'
import { startCloud, type Cloud } from '../../local/cloud.ts'
import { buildRuntime } from '../../local/services/lambda/build-runtime.ts'
import { synthesize } from '../../scripts/synthesize.ts'
import type { tasks } from '../fixtures/lane-tasks/index.ts'

const clouds: Cloud[] = []
const clients: Jobwire<typeof tasks>[] = []
const workDir = mkdtempSync(join(tmpdir(), 'jobwire-lanes-'))
const log: string[] = []

async function deploy(lanes: object): Promise<Jobwire<typeof tasks>> {
  process.env.JOBWIRE_LANES = JSON.stringify(lanes)
  const tasksPath = 'test/fixtures/lane-tasks/index.ts'
  const { assemblyDir } = await synthesize({ root: process.cwd(), outDir: '.jobwire/assembly', tasksPath })
  delete process.env.JOBWIRE_LANES
  const runtimePath = join(workDir, 'runtime.cjs')
  buildRuntime(runtimePath)
  const cloud = await startCloud({ assemblyDir, runtimePath, log: ({ message }) => log.push(message) })
  clouds.push(cloud)
  const secret = await readLocalTokenSecret(cloud.outputs.TokenSecretArn!, cloud.endpoint)
  const token = await signToken(secret, { namespace: 'lanes', subject: 'test', expiresInSeconds: 3_600 })
  const client = await connect<typeof tasks>({ url: cloud.outputs.RestUrl!, token })
  clients.push(client)
  return client
}

describe('the lane that a task names', () => {
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()))
    await Promise.all(clouds.map((cloud) => cloud.close()))
    rmSync(workDir, { recursive: true, force: true })
  })

  it('runs it, with a queue and a function of its own', async () => {
    const jobs = await deploy({ default: {}, heavy: { memoryMb: 2048 } })
    expect(await jobs.run('usual')).toMatch(/Lanedefault/)
    const job = await jobs.submit('heavy')
    expect(await job.result()).toMatch(/Laneheavy/)
    expect(await jobs.get(job.id)).toMatchObject({ queue: 'heavy' })
  }, 60_000)

  it('has workers of its own, who can run its tasks alone', async () => {
    const jobs = clients[0]!
    const all = []
    // A result may be here before its worker is on the list.
    for (const queue of ['default', 'heavy']) {
      while ((await jobs.workers({ queue })).workers.length === 0);
    }
    for await (const { queue, tasks, metadata } of jobs.workers()) all.push([queue, tasks, metadata['memoryMb']])
    expect(all).toEqual([
      ['default', ['usual'], 1024],
      ['heavy', ['heavy'], 2048],
    ])
  })

  it('has to be deployed, and the log says which is not', async () => {
    await expect(deploy({ default: {} })).rejects.toMatchObject({ name: 'JobwireError' })
    expect(log.join('\n')).toContain('The task heavy asks for the queue heavy, and this deployment has default')
  }, 60_000)
})
