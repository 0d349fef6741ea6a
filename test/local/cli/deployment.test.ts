import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCliCloud, type CliCloud } from '../../support/cli-cloud.ts'

let cli: CliCloud

beforeAll(async () => {
  cli = await openCliCloud()
})
afterAll(() => cli.close())

const WITHOUT_ADDRESS = { JOBWIRE_URL: '', JOBWIRE_TOKEN: '' }

describe('logs', () => {
  it('prints the lines of one job, and of no other', async () => {
    for (const id of ['one', 'other']) await cli.run(['submit', 'flaky', '{"failures": 1}', '--id', id, '--wait'])
    const lines = (await cli.run(['logs', 'one', '--json'])).jsonLines()
    expect(lines.map(({ text }) => text)).toEqual(['Failing as asked.', 'A run failed, and the job runs again.'])
    expect(lines[0]).toMatchObject({ level: 'INFO', message: { jobId: 'one', task: 'flaky', attempt: 1 } })
    const people = await cli.run(['logs', 'one'])
    expect(people.stdout).toMatch(/^2\S+Z {2}INFO {3}Failing as asked\./)
    expect(people.stdout).toMatch(/WARN {3}A run failed, .*code=NOT_YET/)
  })

  it('says that a job has logged nothing', async () => {
    await cli.run(['submit', 'greet', '{"name": "Ada"}', '--id', 'silent', '--wait'])
    expect(await cli.run(['logs', 'silent'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'The job silent has logged nothing.\n',
    })
    expect((await cli.run(['logs', 'nobody'])).exitCode).toBe(1)
  })
})

describe('the deployment', () => {
  it('is found by the file that a local cloud writes into the project', async () => {
    const project = mkdtempSync(join(tmpdir(), 'jobwire-project-'))
    mkdirSync(join(project, '.jobwire'))
    mkdirSync(join(project, 'src'))
    const { url, socketUrl, token, endpoint, pid } = cli.cloud
    writeFileSync(join(project, '.jobwire/dev.json'), JSON.stringify({ url, socketUrl, token, endpoint, pid }))
    const run = await cli.run(['run', 'greet', '{"name": "Ada"}'], { env: WITHOUT_ADDRESS, cwd: join(project, 'src') })
    expect(run).toMatchObject({ exitCode: 0, stdout: '"Hello, Ada!"\n' })
    rmSync(project, { recursive: true })
  })

  it('is that of a profile', async () => {
    const { url, token } = cli.cloud
    const env = WITHOUT_ADDRESS
    expect((await cli.run(['profiles', 'add', 'here', '--url', url, '--token', token], { env })).exitCode).toBe(0)
    expect((await cli.run(['counts', '--profile', 'here'], { env })).exitCode).toBe(0)
    expect((await cli.run(['profiles', 'use', 'here'], { env })).exitCode).toBe(0)
    expect((await cli.run(['counts', '--json'], { env })).json().total).toBeGreaterThan(0)
    const list = await cli.run(['profiles', 'list'], { env })
    expect(list.stdout).toMatch(/^\* +here +http/m)
    expect(list.stdout).not.toContain(token)
    expect((await cli.run(['profiles', 'remove', 'here'], { env })).exitCode).toBe(0)
    expect((await cli.run(['profiles', 'remove', 'here'], { env })).exitCode).toBe(1)
    expect((await cli.run(['counts', '--profile', 'here'], { env })).exitCode).toBe(2)
  })

  it('accepts a token that `token` signs, for the namespace that was asked for', async () => {
    const { outputs, endpoint } = cli.cloud
    const secret = ['--secret-id', outputs['TokenSecretArn']!, '--endpoint-url', endpoint]
    const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
    const signed = await cli.run(['token', ...secret, '--namespace', 'acme', '--json'], { env: credentials })
    expect(signed.json()).toMatchObject({ namespace: 'acme', subject: 'cli' })
    const { token } = signed.json()
    expect((await cli.run(['counts', '--token', token, '--json'])).json().total).toBe(0)
  })
})

describe('a stack', () => {
  const credentials = { ...WITHOUT_ADDRESS, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  const stack = () => ['--stack', 'Jobwire', '--region', 'us-east-1', '--endpoint-url', cli.cloud.endpoint]

  it('says by its outputs where the deployment is, and its secret signs the token', async () => {
    const ran = await cli.run(['run', 'greet', '{"name": "Ada"}', ...stack()], { env: credentials })
    expect(ran).toMatchObject({ exitCode: 0, stdout: '"Hello, Ada!"\n', stderr: '' })
    const counts = await cli.run(['counts', '--json', '--namespace', 'empty', ...stack()], { env: credentials })
    expect(counts.json().total).toBe(0)
    expect((await cli.run(['logs', 'one', ...stack()], { env: credentials })).stdout).toContain('Failing as asked.')
    expect((await cli.run(['token', ...stack()], { env: credentials })).stdout).toMatch(/^ey/)
  })

  it('that is not there ends with its code', async () => {
    const missing = await cli.run(['counts', ...stack(), '--stack', 'Nobody'], { env: credentials })
    expect(missing.exitCode).toBe(1)
    expect(missing.stderr).toMatch(/^\w+: .*Nobody/)
  })
})

describe('doctor', () => {
  it('has nothing to say against a local cloud', async () => {
    const healthy = await cli.run(['doctor', '--json'])
    expect(healthy).toMatchObject({ exitCode: 0, stderr: '' })
    const { ok, checks } = healthy.json()
    expect(ok).toBe(true)
    expect(checks.map(({ name }: { name: string }) => name)).toEqual([
      ...['Node', 'packages', 'settings', 'deployment', 'AWS credentials', 'stack', 'token secret', 'log groups'],
      ...['token', 'REST', 'clock', 'socket', 'failures'],
    ])
    const lines = (await cli.run(['doctor'])).stdout.trim().split('\n')
    expect(lines).toHaveLength(checks.length)
    for (const line of lines) expect(line).toMatch(/^✔ /)
  })

  it('says what to do about a token that is not accepted, and ends with 3', async () => {
    const refused = await cli.run(['doctor', '--token', 'nonsense'])
    expect(refused.exitCode).toBe(3)
    expect(refused.stdout).toMatch(/^✖ token: It is no JWT\.\n {2}→ Get a new token/m)
    expect(refused.stdout).toMatch(/^✖ REST: UNAUTHENTICATED/m)
  })

  it('ends with 3 if nothing answers', async () => {
    const { token } = cli.cloud
    const dead = await cli.run(['doctor', '--url', 'http://127.0.0.1:9', '--token', token, '--json'])
    expect(dead.exitCode).toBe(3)
    expect(dead.json()).toMatchObject({ ok: false })
  })
})

describe('an address that cannot be reached', () => {
  let tarpit: Server
  beforeAll(async () => {
    // Accepts connections, and never says a word.
    tarpit = createServer(() => undefined)
    await new Promise<void>((resolve) => tarpit.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    tarpit.close()
  })

  it.each([
    ['accepts connections and says nothing', () => (tarpit.address() as AddressInfo).port],
    ['is closed', () => 9],
  ])('ends with 3 within seconds if it %s', async (_, port) => {
    const startMs = performance.now()
    const run = await cli.run(['get', 'one', '--url', `http://127.0.0.1:${port()}`])
    expect(run).toMatchObject({ exitCode: 3, stdout: '' })
    expect(run.stderr).toMatch(/^(TIMEOUT|UNREACHABLE): .*jobwire doctor\n$/)
    expect(performance.now() - startMs).toBeLessThan(15_000)
  })
})
