import { afterAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire } from '@jobwire/sdk'
import type { tasks } from '../fixtures/lane-tasks/index.ts'
import { deployStack, type DeployedStack, synthesizeWith } from '../support/deployed-stack.ts'

const stacks: DeployedStack[] = []
const clients: Jobwire<typeof tasks>[] = []

async function deploy(lanes: object): Promise<Jobwire<typeof tasks>> {
  const assemblyDir = await synthesizeWith({ tasksPath: 'test/fixtures/lane-tasks/index.ts', lanes })
  const stack = await deployStack(assemblyDir)
  stacks.push(stack)
  const client = await connect<typeof tasks>({ url: stack.restUrl, token: await stack.token('lanes', 3_600) })
  clients.push(client)
  return client
}

describe('the lane that a task names', () => {
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()))
    await Promise.all(stacks.map((stack) => stack.close()))
  })

  it('runs it, with its own queue and function', async () => {
    const jobs = await deploy({ default: {}, heavy: { memoryMb: 2048 } })
    expect(await jobs.run('usual')).toMatch(/Lanedefault/)
    const job = await jobs.submit('heavy')
    expect(await job.result()).toMatch(/Laneheavy/)
    expect(await jobs.get(job.id)).toMatchObject({ queue: 'heavy' })
  }, 60_000)

  it('has its own workers, which can run only its tasks', async () => {
    const jobs = clients[0]!
    const all = []
    // A result may arrive before its worker is on the list.
    for (const queue of ['default', 'heavy']) {
      while ((await jobs.workers({ queue })).workers.length === 0);
    }
    for await (const { queue, tasks, metadata } of jobs.workers()) all.push([queue, tasks, metadata['memoryMb']])
    expect(all).toEqual([
      ['default', ['usual'], 1024],
      ['heavy', ['heavy'], 2048],
    ])
  })

  it('has to be deployed, or synthesis says which is not', async () => {
    await expect(deploy({ default: {} })).rejects.toThrow(
      'The task "heavy" asks for the queue "heavy", and the lanes are default. Add "heavy" to the setting "lanes".',
    )
  }, 60_000)

  it('has to last as long as the timeout of its tasks, or synthesis says which does not', async () => {
    await expect(deploy({ default: {}, heavy: { timeout: '20s' } })).rejects.toThrow(
      'The task "heavy" has a timeout of 19 s, and the lane "heavy" gives a run 18 s at most.',
    )
  }, 60_000)
})
