import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type Jobwire } from '@jobwire/sdk'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import type { tasks } from '../fixtures/dev-app/tasks/index.ts'
import { type AppCopy, copyApp, type DevProcess, startDev } from '../support/dev-process.ts'

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

describe('jobwire dev, on an app with a table, a queue, a function, an alarm and a topic of its own', () => {
  let app: AppCopy
  let dev: DevProcess
  let jobs: Jobwire<typeof tasks>

  beforeAll(async () => {
    app = copyApp('test/fixtures/dev-app')
    dev = await startDev(app.folder)
    jobs = await connect<typeof tasks>({ url: dev.url, token: dev.token })
  }, 120_000)
  afterAll(async () => {
    await jobs?.close()
    await dev?.stop()
    app?.remove()
  })

  it('lists once what is not run', () => {
    expect(dev.lines.filter((line) => line.includes('AWS::CloudWatch::Alarm'))).toHaveLength(1)
    expect(dev.lines.join('\n')).toMatch(/AWS::SNS::Topic/)
  })

  it('runs a task that writes into the own table under its own grant, and the own function', async () => {
    expect(await jobs.run('order', { article: 'lamp' })).toBe('Ordered lamp.')
    const table = new DynamoDBClient({ endpoint: dev.endpoint, region: 'us-east-1', credentials })
    const { Item } = await table.send(
      new GetItemCommand({ TableName: dev.outputs['OrdersTable']!, Key: { id: { S: 'lamp' } } }),
    )
    expect(Item).toEqual({ id: { S: 'lamp' }, price: { S: 'EUR 1' } })
    table.destroy()
    await dev.lineThat(/Mailer.*Mailed: lamp/)
    expect(await dev.lineThat(/✔ order/)).toMatch(/✔ order {2}\S+ {2}\d+m?s \(ran \d+m?s\)/)
  })

  it('shows an error with the line of the source, and what the task printed', async () => {
    await expect(jobs.run('break', undefined)).rejects.toThrow('Broken.')
    await dev.lineThat(/✖ break/)
    await dev.lineThat(/About to break\./)
    expect(await dev.lineThat(/at .*tasks\/index\.ts/)).toMatch(/tasks\/index\.ts:\d+:\d+/)
    expect(dev.lines.join('\n')).not.toMatch(/at .*lambdas\/domain/)
  })

  it('runs the new code of a task soon after each edit, while a job runs and a client stays connected', async () => {
    const path = join(app.folder, '.jobwire/all-edits-are-done')
    const slow = await jobs.submit('waitForFile', { path })
    for await (const { status } of slow.updates()) if (status === 'running') break
    const took: number[] = []
    for (const price of ['EUR 2', 'EUR 3', 'EUR 4']) {
      app.write('tasks/price.ts', `export const currency = '${price}'\n`)
      const start = performance.now()
      // A new job each time, until one of them has run the new code.
      while ((await jobs.run('price', undefined)) !== price) continue
      took.push(performance.now() - start)
    }
    process.stdout.write(`A changed task was live after ${took.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}.\n`)
    // It began before the edits, and ran through them.
    writeFileSync(path, '')
    expect(await slow.result()).toBe('EUR 1')
  }, 60_000)

  it('keeps the old code while the new code is wrong, and says so', async () => {
    app.write('tasks/price.ts', 'export const currency = \n')
    await dev.lineThat(/price\.ts:\d+:\d+.*Unexpected/)
    expect(await jobs.run('price', undefined)).toBe('EUR 4')
    app.write('tasks/price.ts', "export const currency = 'EUR 5'\n")
    while ((await jobs.run('price', undefined)) !== 'EUR 5') continue
  }, 60_000)

  it('takes a task that is new, with its schema', async () => {
    const source = readFileSync(join(app.folder, 'tasks/index.ts'), 'utf8')
    const schema = `{ '~standard': { version: 1, vendor: 'test', validate: (value: unknown) =>
      value === 'good' ? { value } : { issues: [{ message: 'It must be good.' }] } } }`
    const added = `  added: { input: ${schema}, run: (input: string) => input + ' job' },`
    app.write('tasks/index.ts', source.replace('export const tasks = {', `export const tasks = {\n${added}`))
    await dev.lineThat(/tasks\/index\.ts is live/)
    const untyped = jobs as unknown as Jobwire
    expect(await untyped.run('added', 'good')).toBe('good job')
    await expect(untyped.run('added', 'bad')).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  }, 60_000)

  it('takes a changed stack, with the client still connected', async () => {
    const stack = readFileSync(join(app.folder, 'lib/shop-stack.ts'), 'utf8')
    app.write(
      'lib/shop-stack.ts',
      stack.replace("new Queue(this, 'Mails')", "new Queue(this, 'Mails'); new Queue(this, 'Returns')"),
    )
    await dev.lineThat(/The stacks are live after .*: 1 new/)
    expect(await jobs.run('price', undefined)).toBe('EUR 5')
  }, 60_000)

  it('keeps the old stack if the new one cannot be synthesized', async () => {
    const stack = readFileSync(join(app.folder, 'lib/shop-stack.ts'), 'utf8')
    app.write(
      'lib/shop-stack.ts',
      stack.replace('super(scope, id)', "super(scope, id); throw new Error('No stack today.')"),
    )
    await dev.lineThat(/No stack today\./)
    expect(await jobs.run('price', undefined)).toBe('EUR 5')
    app.write('lib/shop-stack.ts', stack)
  }, 60_000)

  it('leaves cdk.out alone, and keeps the secrets for its user only', () => {
    expect(existsSync(join(app.folder, 'cdk.out'))).toBe(false)
    expect(statSync(join(app.folder, '.jobwire/dev.json')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(app.folder, '.jobwire/.gitignore'), 'utf8')).toBe('*\n')
  })

  it('accepts the token of before after a restart, and leaves nothing behind', async () => {
    const { token } = dev
    await jobs.close()
    expect(await dev.stop()).toBe(0)
    expect(existsSync(join(app.folder, '.jobwire/dev.json'))).toBe(false)
    dev = await startDev(app.folder)
    jobs = await connect<typeof tasks>({ url: dev.url, token })
    expect(await jobs.run('order', { article: 'chair' })).toBe('Ordered chair.')
  }, 60_000)

  it('starts without a synthesis if nothing has changed, and follows what has changed', async () => {
    const isSynthesizing = (line: string): boolean => line.startsWith('Synthesizing')
    expect(dev.lines.some(isSynthesizing)).toBe(true)
    const restart = async (change: () => void = () => undefined): Promise<void> => {
      await jobs.close()
      await dev.stop()
      change()
      dev = await startDev(app.folder)
      jobs = await connect<typeof tasks>({ url: dev.url, token: dev.token })
    }
    // A stop in the midst of a synthesis in the background leaves nothing to keep: then the next start synthesizes.
    do await restart()
    while (dev.lines.some(isSynthesizing))
    expect(await jobs.run('price', undefined)).toBe('EUR 5')
    app.write('tasks/price.ts', "export const currency = 'EUR 6'\n")
    while ((await jobs.run('price', undefined)) !== 'EUR 6') continue
    do await restart(() => app.write('tasks/price.ts', "export const currency = 'EUR 7'\n"))
    while (dev.lines.some(isSynthesizing))
    expect(await jobs.run('price', undefined)).toBe('EUR 7')
    app.write('lib/new-file.ts', '')
    await restart()
    expect(dev.lines.some(isSynthesizing)).toBe(true)
  }, 120_000)
})
