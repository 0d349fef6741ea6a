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
