import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { startCloudProcess, type CloudProcess } from '../../support/cloud-process.ts'
import { buildCli, emptyHome, runCli, type CliRunOptions } from '../../support/cli-process.ts'

let cloud: CloudProcess
const home = emptyHome()
const bundle = buildCli()

beforeAll(async () => {
  cloud = await startCloudProcess()
})
afterAll(async () => {
  bundle.remove()
  await cloud.stop()
})

function jobwire(args: readonly string[], options: CliRunOptions = {}) {
  const env = { ...home, JOBWIRE_URL: cloud.url, JOBWIRE_TOKEN: cloud.token, ...options.env }
  return runCli(bundle.path, args, { ...options, env })
}

it('runs a task and prints its output, from an argument, a file and the standard input', async () => {
  expect(await jobwire(['run', 'greet', '{"name": "Ada"}'])).toMatchObject({ exitCode: 0, stdout: '"Hello, Ada!"\n' })
  const fromStdin = await jobwire(['run', 'greet', '-', '--json'], { stdin: '{"name": "Bob"}' })
  expect(fromStdin).toMatchObject({ exitCode: 0, stderr: '' })
  expect(fromStdin.json()).toBe('Hello, Bob!')
})

it('ends with 1 for a job that fails, and prints its code', async () => {
  const failed = await jobwire(['run', 'fail', '{"code": "OUT_OF_PAPER", "message": "Load tray 2."}', '--id', 'paper'])
  expect(failed).toMatchObject({ exitCode: 1, stdout: '', stderr: 'OUT_OF_PAPER: Load tray 2.\n' })
  const record = await jobwire(['get', 'paper', '--json'])
  expect(record.json()).toMatchObject({ id: 'paper', task: 'fail', status: 'failed', error: { code: 'OUT_OF_PAPER' } })
  expect(record.json().createdAt).toMatch(/^\d{4}-\d\d-\d\dT/)
  expect((await jobwire(['get', 'paper'])).stdout).toContain('status       failed\n')
})

it('ends with 1 for a job that is not there', async () => {
  const missing = await jobwire(['get', 'nobody', '--json'])
  expect(missing).toMatchObject({ exitCode: 1, stdout: '' })
  expect(JSON.parse(missing.stderr)).toMatchObject({ error: { code: 'JOB_NOT_FOUND' } })
})

it('ends with 2 for a command line that is wrong', async () => {
  for (const args of [['rnu'], ['run'], ['run', 'greet', '{'], ['get', 'a', '--nothing'], ['run', 'gret'], []]) {
    expect(await jobwire(args)).toMatchObject({ exitCode: 2, stdout: '' })
  }
})

it('ends with 3 for a token that is not accepted', async () => {
  const refused = await jobwire(['get', 'paper', '--token', 'no'])
  expect(refused.exitCode).toBe(3)
  expect(refused.stderr).toMatch(/^UNAUTHENTICATED: /)
})
