import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire } from '@jobwire/sdk'
import type { tasks } from '../fixtures/failing-schemas/index.ts'
import { deployStack, type DeployedStack, synthesizeWith } from '../support/deployed-stack.ts'

const log: string[] = []

describe('a tasks module that fails in the functions of the APIs', () => {
  let stack: DeployedStack
  let jobs: Jobwire<typeof tasks>

  beforeAll(async () => {
    const assemblyDir = await synthesizeWith({ tasksPath: 'test/fixtures/failing-schemas/index.ts' })
    stack = await deployStack(assemblyDir, { log: ({ message }) => log.push(message) })
    jobs = await connect<typeof tasks>({ url: stack.restUrl, token: await stack.token('failing', 3_600) })
  }, 60_000)
  afterAll(async () => {
    await jobs.close()
    await stack.close()
  })

  it('fails the submits of tasks with a schema, and no others', async () => {
    const refused = jobs.submit('checked', { text: 'a' })
    const accepted = jobs.run('plain', { text: 'b' })
    await expect(refused).rejects.toMatchObject({ code: 'SCHEMA_FAILED', path: 'input' })
    expect(await accepted).toBe('b')
    expect(log.join('\n')).toContain('This function lacks something.')
  })

  it('fails them one by one in a request over REST', async () => {
    const answer = await fetch(`${stack.restUrl}/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await stack.token('failing', 3_600)}` },
      body: JSON.stringify({
        jobs: [
          { task: 'checked', input: { text: 'a' } },
          { task: 'plain', input: { text: 'b' } },
        ],
      }),
    })
    expect(await answer.json()).toMatchObject({
      jobs: [{ error: { code: 'SCHEMA_FAILED', path: 'jobs.0.input' } }, { status: 'pending' }],
    })
  })
})
