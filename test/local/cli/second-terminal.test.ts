import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildCli, emptyHome, runCli } from '../../support/cli-process.ts'
import { startCloudProcess } from '../../support/cloud-process.ts'
import { type AppCopy, copyApp, type DevProcess, linkRepository, startDev } from '../../support/dev-process.ts'

const bundle = buildCli()
const home = emptyHome()
let app: AppCopy
let dev: DevProcess

beforeAll(async () => {
  app = copyApp('test/fixtures/dev-app')
  dev = await startDev(app.folder)
}, 120_000)
afterAll(async () => {
  await dev?.stop()
  app?.remove()
  bundle.remove()
  rmSync(home.HOME, { recursive: true })
})

/** Runs a command in a folder of the app, with no word about the deployment. */
function jobwire(...args: readonly string[]) {
  return runCli(bundle.path, args, { env: home, cwd: join(app.folder, 'tasks') })
}

it('a second terminal beside `jobwire dev` runs, lists, watches and retries jobs', async () => {
  expect((await jobwire('run', 'order', '{"article": "lamp"}')).stdout).toBe('"Ordered lamp."\n')
  expect((await jobwire('run', 'break', '--id', 'broken')).exitCode).toBe(1)
  expect((await jobwire('list', '--status', 'failed', '--json')).jsonLines()).toMatchObject([{ id: 'broken' }])
  expect((await jobwire('retry', 'broken')).exitCode).toBe(0)
  expect((await jobwire('watch', 'broken', '--json')).jsonLines().at(-1)).toMatchObject({ status: 'failed' })
})

it('the console lines of a task are those of its job', async () => {
  const lines = (await jobwire('logs', 'broken', '--json')).jsonLines()
  expect(lines.filter(({ text }) => text === 'About to break.')).toMatchObject([
    { message: { jobId: 'broken', task: 'break' } },
    { message: { jobId: 'broken', task: 'break' } },
  ])
})

it('doctor and token know the local cloud', async () => {
  const { ok, checks } = (await jobwire('doctor', '--json')).json()
  expect(checks.filter(({ state }: { state: string }) => state === 'failed')).toEqual([])
  expect(ok).toBe(true)
  const token = (await jobwire('token', '--namespace', 'acme')).stdout.trim()
  expect((await jobwire('counts', '--token', token, '--json')).json()).toMatchObject({ total: 0 })
  expect((await jobwire('counts', '--namespace', 'acme', '--json')).json()).toMatchObject({ total: 0 })
})

it('a second terminal beside `jobwire start` finds it on whatever port it is', async () => {
  const repository = linkRepository()
  const cloud = await startCloudProcess([], repository.folder)
  const inRepository = { env: home, cwd: repository.folder }
  try {
    const run = await runCli(bundle.path, ['run', 'greet', '{"name": "Ada"}'], inRepository)
    expect(run).toMatchObject({ stdout: '"Hello, Ada!"\n', stderr: '' })
  } finally {
    await cloud.stop()
  }
  expect(existsSync(join(repository.folder, '.jobwire/dev.json'))).toBe(false)
  repository.remove()
}, 60_000)
