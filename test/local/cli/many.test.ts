import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openCliCloud, type CliCloud } from '../../support/cli-cloud.ts'

let cli: CliCloud

beforeAll(async () => {
  cli = await openCliCloud()
  for (const id of ['a', 'b', 'c'])
    await cli.run(['submit', 'greet', '{"name": "Ada"}', '--id', `good-${id}`, '--wait'])
  for (const id of ['a', 'b']) {
    await cli.run([
      'submit',
      'fail',
      '{"code": "JAM", "message": "Tray 2."}',
      '--id',
      `bad-${id}`,
      '--wait',
      '--tag',
      't',
    ])
  }
})
afterAll(() => cli.close())

it('list prints a table, or one JSON value for each job', async () => {
  const table = await cli.run(['list', '--prefix', 'good-'])
  expect(table.stdout).toMatch(/^ID +TASK +STATUS +SUBMITTED +DETAIL\ngood-c +greet +success +(now|[\d.]+s ago)$/m)
  const jobs = (await cli.run(['list', '--status', 'failed,cancelled', '--since', '1h', '--json'])).jsonLines()
  expect(jobs.map(({ id }) => id)).toEqual(['bad-b', 'bad-a'])
  expect(jobs[0]).toMatchObject({ status: 'failed', createdAt: expect.stringMatching(/Z$/) })
  expect((await cli.run(['list', '--tag', 't', '--order', 'asc', '--json'])).jsonLines()).toHaveLength(2)
  expect((await cli.run(['list', '--task', 'nothing', '--json'])).stdout).toBe('')
})

it('list says that there are more than its limit', async () => {
  const cut = await cli.run(['list', '--limit', '2'])
  expect(cut.stdout.trim().split('\n')).toHaveLength(3)
  expect(cut.stderr).toBe('There are more than 2: see --limit and --all.\n')
  expect((await cli.run(['list', '--limit', '5'])).stderr).toBe('')
})

it('counts and failures', async () => {
  expect((await cli.run(['counts', '--json'])).json()).toMatchObject({ success: 3, failed: 2, total: 5 })
  expect((await cli.run(['counts', '--prefix', 'good-'])).stdout).toMatch(/^success +3$/m)
  const failures = (await cli.run(['failures', '--json'])).json()
  expect(failures).toMatchObject([{ code: 'JAM', task: 'fail', count: 2, id: 'bad-b', message: 'Tray 2.' }])
  expect((await cli.run(['failures'])).stdout).toMatch(/^JAM +fail +2 +(now|[\d.]+s ago) +bad-b +Tray 2\.$/m)
})

it('watch prints the changes of ids or of a prefix until the last has ended', async () => {
  const watched = await cli.run(['watch', 'good-a', 'good-b', '--json'])
  expect(watched).toMatchObject({ exitCode: 0, stderr: '' })
  expect(watched.jsonLines()).toMatchObject([
    { id: 'good-a', status: 'success' },
    { id: 'good-b', status: 'success' },
  ])
  const failed = await cli.run(['watch', '--prefix', 'bad-'])
  expect(failed.exitCode).toBe(1)
  expect(failed.stdout).toMatch(/^failed +bad-a +JAM: Tray 2\.$/m)
})

it('watch --status shows jobs that come to it later, until Ctrl-C', async () => {
  const watching = cli.run(['watch', '--status', 'running', '--json'], {
    onOutput: (all, interrupt) => all.includes('"cancelled"') && interrupt(),
  })
  await cli.run(['submit', 'wait', '{"ms": 60000}', '--id', 'live'])
  await watching.untilOutput('"running"')
  await cli.run(['cancel', 'live'])
  expect((await watching).jsonLines()).toMatchObject([
    { id: 'live', status: 'running' },
    { id: 'live', status: 'cancelled' },
  ])
})

it('retry, retry-failed, cancel and delete', async () => {
  const retried = await cli.run(['retry', 'bad-a', 'nobody', '--json'])
  expect(retried.exitCode).toBe(1)
  expect(retried.jsonLines()).toMatchObject([{ id: 'bad-a' }, { id: 'nobody', error: { code: 'JOB_NOT_FOUND' } }])
  expect((await cli.run(['watch', 'bad-a'])).exitCode).toBe(1)
  const many = await cli.run(['retry-failed', '--code', 'JAM', '--task', 'fail', '--since', '1h', '--json'])
  expect(many).toMatchObject({ exitCode: 0 })
  expect(many.jsonLines().map(({ id }) => id)).toEqual(['bad-a', 'bad-b'])
  expect((await cli.run(['retry-failed', '--code', 'NOTHING'])).stderr).toBe('No failed job passes the filters.\n')
  await cli.run(['watch', 'bad-a', 'bad-b'])
  const ended = await cli.run(['cancel', '-', '--json'], { stdin: 'bad-a\nbad-b\n' })
  expect(ended.jsonLines()).toMatchObject([
    { id: 'bad-a', status: 'failed' },
    { id: 'bad-b', status: 'failed' },
  ])
  expect((await cli.run(['delete', 'bad-a', 'bad-b'])).stdout).toBe('bad-a  deleted\nbad-b  deleted\n')
  expect((await cli.run(['get', 'bad-a'])).exitCode).toBe(1)
})

it('publish', async () => {
  const progress = ['publish', 'print-1', '--percent', '40', '--message', 'page 2', '--task', 'print', '--json']
  expect((await cli.run(progress)).json()).toMatchObject({ status: 'running', progress: { percent: 40 } })
  expect((await cli.run(['publish', 'print-1', '--success', '{"pages": 5}', '--json'])).json()).toMatchObject({
    status: 'success',
    output: { pages: 5 },
  })
  const failed = await cli.run(['publish', 'print-2', '--failed', 'JAM', '--reason', 'Tray 2.', '--retryable'])
  expect(failed.stdout).toMatch(/^failed +print-2 +JAM: Tray 2\.$/m)
  expect((await cli.run(['publish', 'good-a', '--percent', '1'])).exitCode).toBe(1)
})

it('schedules', async () => {
  const create = ['schedules', 'create', 'nightly', 'greet', '{"name": "Ada"}', '--cron', '0 3 * * ? *']
  const created = await cli.run([...create, '--timezone', 'Europe/Berlin', '--attempts', '2', '--json'])
  expect(created.json()).toMatchObject({ name: 'nightly', attempts: 2, nextRunAt: expect.stringMatching(/Z$/) })
  await cli.run(['schedules', 'create', 'sweep', 'greet', '{"name": "Eve"}', '--every', '15m', '--paused'])
  const list = await cli.run(['schedules', 'list'])
  expect(list.stdout).toMatch(/^nightly +greet +0 3 \* \* \? \* Europe\/Berlin +in \d+h/m)
  expect(list.stdout).toMatch(/^sweep +greet +every 15m +paused/m)
  expect((await cli.run(['schedules', 'pause', 'nightly', '--json'])).json().paused).toBe(true)
  expect((await cli.run(['schedules', 'resume', 'nightly', '--json'])).json().paused).toBe(false)
  expect((await cli.run(['schedules', 'get', 'nightly', '--json'])).json().name).toBe('nightly')
  expect((await cli.run(['schedules', 'delete', 'nightly'])).stdout).toBe('nightly  deleted\n')
  expect((await cli.run(['schedules', 'list', '--json'])).jsonLines().map(({ name }) => name)).toEqual(['sweep'])
})

it('workers and webhooks', async () => {
  const [worker] = (await cli.run(['workers', '--queue', 'default', '--json'])).jsonLines()
  expect(worker).toMatchObject({ queue: 'default', tasks: expect.arrayContaining(['greet']) })
  expect((await cli.run(['workers'])).stdout).toMatch(/^ID +LANE +STARTED +SEEN +TOOK JOBS +JOBS +TASKS\ndefault:/)
  expect((await cli.run(['webhooks', 'secret'])).stdout).toMatch(/^whsec_/)
})

it('webhooks deliveries', async () => {
  expect(await cli.run(['webhooks', 'deliveries', 'good-a'])).toMatchObject({
    exitCode: 0,
    stderr: 'No webhook was sent for the job good-a.\n',
  })
  const receiver = createServer((_, response) => void response.end())
  const received = once(receiver, 'request')
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  await cli.run(['submit', 'greet', '{"name": "Ada"}', '--id', 'hooked', '--webhook', url])
  await received
  // The platform notes the request only after the answer of the receiver.
  let delivery: { attempts: unknown[] } | undefined
  while (delivery === undefined || delivery.attempts.length === 0) {
    ;[delivery] = (await cli.run(['webhooks', 'deliveries', 'hooked', '--json'])).jsonLines()
  }
  expect(delivery).toMatchObject({ type: 'job.success', url, attempts: [{ at: expect.stringMatching(/Z$/) }] })
  receiver.close()
})
