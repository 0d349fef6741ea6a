import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCliCloud, type CliCloud } from '../../support/cli-cloud.ts'

let cli: CliCloud

beforeAll(async () => {
  cli = await openCliCloud()
})
afterAll(() => cli.close())

describe('run and submit', () => {
  it('run a task with an input from an argument, a file or the standard input', async () => {
    expect(await cli.run(['run', 'greet', '{"name": "Ada"}'])).toMatchObject({ exitCode: 0, stdout: '"Hello, Ada!"\n' })
    const file = join(cli.home, 'input.json')
    writeFileSync(file, '{"name": "Bob"}')
    expect((await cli.run(['run', 'greet', `@${file}`, '--json'])).json()).toBe('Hello, Bob!')
    const fromStdin = await cli.run(['run', 'greet', '-', '--json'], { stdin: '{"name": "Eve"}' })
    expect(fromStdin).toMatchObject({ exitCode: 0, stderr: '' })
    expect(fromStdin.json()).toBe('Hello, Eve!')
  })

  it('submit prints the id, or with --wait the record', async () => {
    const submitted = await cli.run(['submit', 'greet', '{"name": "Ada"}', '--id', 'greeting-1'])
    expect(submitted).toMatchObject({ exitCode: 0, stdout: 'greeting-1\n', stderr: '' })
    expect((await cli.run(['result', 'greeting-1', '--json'])).json()).toBe('Hello, Ada!')
    const waited = await cli.run(['submit', 'greet', '{"name": "Bob"}', '--wait', '--json'])
    expect(waited.json()).toMatchObject({ task: 'greet', status: 'success', output: 'Hello, Bob!' })
    const failed = await cli.run(['submit', 'fail', '{"code": "NO", "message": "No."}', '--wait', '--json'])
    expect(failed).toMatchObject({ exitCode: 1, stderr: '' })
    expect(failed.json()).toMatchObject({ status: 'failed', error: { code: 'NO' } })
  })

  it('take every option of a job', async () => {
    const options = ['--priority', 'high', '--attempts', '3', '--backoff', '2s', '--backoff-cap', '1m']
    const more = ['--run-timeout', '10s', '--start-within', '1h', '--ttl', '2d', '--group', 'g', '--delay', '1h']
    const facts = ['--tag', 'a', '--tag', 'b', '--metadata', 'customer=7', '--metadata', 'plan=pro', '--key', 'once']
    const hook = ['--webhook', 'http://127.0.0.1:9/hook', '--webhook-data', '{"order": 17}']
    const args = ['submit', 'greet', '{"name": "Ada"}', ...options, ...more, ...facts, ...hook, '--json']
    const submitted = await cli.run(args)
    expect(submitted.json()).toMatchObject({ status: 'pending' })
    const record = (await cli.run(['get', submitted.json().id, '--json'])).json()
    expect(record).toMatchObject({
      priority: 'high',
      idempotencyKey: 'once',
      tags: ['a', 'b'],
      metadata: { customer: 7, plan: 'pro' },
      webhook: { url: 'http://127.0.0.1:9/hook', data: { order: 17 } },
    })
    expect(Date.parse(record.dueAt) - Date.parse(record.createdAt)).toBe(3_600_000)
    expect((await cli.run(args)).json().id).toBe(record.id)
    expect((await cli.run(['cancel', record.id])).exitCode).toBe(0)
  })

  it('end with 1 and the code of a job that fails', async () => {
    const input = '{"code": "OUT_OF_PAPER", "message": "Load tray 2."}'
    const failed = await cli.run(['run', 'fail', input, '--id', 'paper'])
    expect(failed).toMatchObject({ exitCode: 1, stdout: '', stderr: 'OUT_OF_PAPER: Load tray 2.\n' })
    const record = await cli.run(['get', 'paper', '--json'])
    expect(record.json()).toMatchObject({ id: 'paper', task: 'fail', error: { code: 'OUT_OF_PAPER' } })
    expect(record.json().createdAt).toMatch(/^\d{4}-\d\d-\d\dT/)
    expect((await cli.run(['get', 'paper'])).stdout).toMatch(/^status +failed$/m)
  })

  it('end with 4 when the wait is over before the job', async () => {
    const late = await cli.run(['run', 'wait', '{"ms": 60000}', '--id', 'long', '--timeout', '200ms', '--json'])
    expect(late).toMatchObject({ exitCode: 4, stdout: '' })
    expect(JSON.parse(late.stderr)).toMatchObject({ error: { code: 'RESULT_TIMEOUT' } })
    expect((await cli.run(['cancel', 'long', '--json'])).json()).toMatchObject({ id: 'long', status: 'cancelled' })
  })

  it.each([
    ['goes on', [], /INTERRUPTED: The job slow-0 goes on/, 'running'],
    ['is cancelled', ['--cancel-on-interrupt'], /INTERRUPTED: The job slow-1 is now cancelled/, 'cancelled'],
  ] as const)('at Ctrl-C, the job %s', async (_, flags, message, status) => {
    const id = `slow-${flags.length}`
    const running = cli.run(['run', 'wait', '{"ms": 60000}', '--id', id, ...flags])
    const watch = await cli.run(['watch', id, '--json'], { onOutput: (all, kill) => all.includes('running') && kill() })
    expect(watch.stdout).toContain('"running"')
    running.interrupt()
    const ended = await running
    expect(ended.exitCode).toBe(130)
    expect(ended.stderr).toMatch(message)
    expect((await cli.run(['get', id, '--json'])).json().status).toBe(status)
    await cli.run(['cancel', id])
  })
})

describe('wrong input', () => {
  it.each([
    [['rnu']],
    [['run']],
    [['run', 'greet', '{']],
    [['run', 'greet', '@/nowhere']],
    [['run', 'gret']],
    [['run', 'greet', '{"nome": 1}', '--attempts', 'many']],
    [['run', 'greet', '{"name": "Ada"}', '--delay', 'soon']],
    [['run', 'greet', '{"name": "Ada"}', '--id', 'no spaces']],
    [['get', 'a', '--nothing']],
    [['list', '--status', 'done']],
    [['list', '--since', 'yesterday-ish']],
    [['watch']],
    [['retry-failed']],
    [['publish', 'a', '--success', '--failed', 'NO']],
    [['schedules', 'create', 'a', 'greet']],
    [['schedules', 'nothing']],
    [['completion', 'tcsh']],
    [[]],
  ])('%j ends with 2, and prints nothing to the standard output', async (args) => {
    expect(await cli.run(args)).toMatchObject({ exitCode: 2, stdout: '' })
  })

  it('is one line with a code, and with --verbose a stack', async () => {
    expect((await cli.run(['rnu'])).stderr).toBe("BAD_USAGE: unknown command 'rnu' (Did you mean run?)\n")
    const refused = await cli.run(['run', 'gret', '--json', '--verbose'])
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'UNKNOWN_TASK', path: expect.any(String) } })
    expect(JSON.parse(refused.stderr).error.stack).toContain('at ')
  })
})

describe('the deployment', () => {
  it('ends with 1 for a job that is not there', async () => {
    for (const args of [
      ['get', 'nobody'],
      ['result', 'nobody'],
      ['retry', 'nobody'],
      ['schedules', 'get', 'nobody'],
    ]) {
      const missing = await cli.run(args)
      expect(missing.exitCode).toBe(1)
      expect(missing.stderr + missing.stdout).toMatch(/NOT_FOUND/)
    }
  })

  it('ends with 3 for a token that is not accepted', async () => {
    const refused = await cli.run(['get', 'paper', '--token', 'no'])
    expect(refused.exitCode).toBe(3)
    expect(refused.stderr).toMatch(/^UNAUTHENTICATED: .*jobwire doctor\n$/)
  })
})
