import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { AddressInfo } from 'node:net'
import { FunctionThrottledError } from '../../../local/services/function-invoker.ts'
import { openLambdaCloud } from './lambda-cloud.ts'
import type { LambdaCloud } from './lambda-cloud.ts'

const COUNTER = 'let count = 0; exports.handler = async () => ++count'
/** Returns once the test has made the file that the event names. */
const WAITS_FOR_FILE = `
  const { existsSync } = require('node:fs')
  const id = Math.random()
  exports.handler = async ({ file }) => {
    console.log('waiting for', file)
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5))
    return id
  }`

/** Leaves garbage that is too old for the collection of young objects. */
const FILLS_MEMORY = `
  exports.handler = async ({ megabytes }) => {
    const lists = Array.from({ length: megabytes }, (_, n) => new Array(131_072).fill(n + 0.5))
    return { collector: typeof gc, lists: lists.length, rss: process.memoryUsage.rss() }
  }`

describe('execution environments', () => {
  let cloud: LambdaCloud
  beforeEach(() => {
    cloud = openLambdaCloud()
  })
  afterEach(() => cloud.close())

  /** A thread takes some milliseconds of real time to end. The test's own timeout is the limit. */
  async function waitUntil(holds: () => boolean) {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve))
  }

  async function release(file: string) {
    const { writeFileSync } = await import('node:fs')
    writeFileSync(file, '')
  }

  it('reuses a warm environment, whose module state persists', async () => {
    const counter = await cloud.define('Counter', COUNTER)
    expect((await cloud.run(counter)).value).toBe(1)
    expect((await cloud.run(counter)).value).toBe(2)
    expect(cloud.lambda.environmentCount(counter)).toBe(1)
  })

  it('gives two invocations at once an environment each', async () => {
    const waits = await cloud.define('Waits', WAITS_FOR_FILE)
    const [first, second] = [`${cloud.folder}/first`, `${cloud.folder}/second`]
    const invocations = [cloud.run(waits, { file: first }), cloud.run(waits, { file: second })]
    await Promise.all([cloud.logged(`waiting for ${first}`), cloud.logged(`waiting for ${second}`)])
    expect(cloud.lambda.environmentCount(waits)).toBe(2)
    await Promise.all([release(first), release(second)])
    const [a, b] = await Promise.all(invocations)
    expect(a!.value).not.toBe(b!.value)
  })

  it('lets callers wait in line beyond the limit of the machine', async () => {
    await cloud.close()
    cloud = openLambdaCloud({ maxEnvironmentsPerFunction: 2 })
    const counter = await cloud.define('Counter', COUNTER)
    const answers = await Promise.all(Array.from({ length: 50 }, () => cloud.run(counter)))
    expect(answers.every(({ functionError }) => functionError === undefined)).toBe(true)
    expect(cloud.lambda.environmentCount(counter)).toBeLessThanOrEqual(2)
    expect(cloud.meter.lines().find(({ unit }) => unit === 'lambdaRequest')).toMatchObject({
      by: 'Counter',
      quantity: 50,
    })
  })

  it('throttles beyond the reserved concurrency', async () => {
    const waits = await cloud.define('Waits', WAITS_FOR_FILE, { ReservedConcurrentExecutions: 1 })
    const file = `${cloud.folder}/go`
    const first = cloud.run(waits, { file })
    await expect(cloud.run(waits, { file })).rejects.toThrow(FunctionThrottledError)
    await release(file)
    expect((await first).functionError).toBeUndefined()
    expect((await cloud.run(waits, { file })).functionError).toBeUndefined()
  })

  it('throttles beyond the concurrency of the account', async () => {
    await cloud.close()
    cloud = openLambdaCloud({ accountConcurrency: 2 })
    const [one, other] = [await cloud.define('One', WAITS_FOR_FILE), await cloud.define('Other', WAITS_FOR_FILE)]
    const file = `${cloud.folder}/go`
    const running = [cloud.run(one, { file }), cloud.run(other, { file })]
    await expect(cloud.run(one, { file })).rejects.toThrow('the account has all of its 2 unreserved')
    await release(file)
    await Promise.all(running)
  })

  it('refuses a reservation that leaves the account less than AWS requires', async () => {
    const greedy = cloud.define('Greedy', COUNTER, { ReservedConcurrentExecutions: 950 })
    await expect(greedy).rejects.toThrow('leaves 50')
  })

  it('ends environments that were idle for two minutes', async () => {
    const counter = await cloud.define('Counter', COUNTER)
    await cloud.run(counter)
    await cloud.clock.advance(60_000)
    await cloud.run(counter)
    await cloud.clock.advance(119_999)
    expect((await cloud.run(counter)).value).toBe(3)
    await cloud.clock.advance(120_000)
    await waitUntil(() => cloud.lambda.environmentCount(counter) === 0)
    expect((await cloud.run(counter)).value).toBe(1)
  })

  it('keeps the environments busy most recently and ends the others', async () => {
    const waits = await cloud.define('Waits', WAITS_FOR_FILE)
    const [file, other] = [`${cloud.folder}/go`, `${cloud.folder}/other`]
    const both = [cloud.run(waits, { file }), cloud.run(waits, { file: other })]
    await Promise.all([cloud.logged(`waiting for ${file}`), cloud.logged(`waiting for ${other}`)])
    await Promise.all([release(file), release(other)])
    const ids = (await Promise.all(both)).map(({ value }) => value)
    const { value: latest } = await cloud.run(waits, { file })
    for (let minute = 0; minute < 5; minute++) {
      await cloud.clock.advance(60_000)
      expect((await cloud.run(waits, { file })).value).toBe(latest)
    }
    expect(ids).toContain(latest)
    await waitUntil(() => cloud.lambda.environmentCount(waits) === 1)
  })

  it('ends the environments that only a crowd needed after ten seconds', async () => {
    const waits = await cloud.define('Waits', WAITS_FOR_FILE)
    const files = ['a', 'b', 'c'].map((name) => `${cloud.folder}/${name}`)
    const all = files.map((file) => cloud.run(waits, { file }))
    await Promise.all(files.map((file) => cloud.logged(`waiting for ${file}`)))
    await Promise.all(files.map(release))
    const ids = (await Promise.all(all)).map(({ value }) => value)
    await cloud.clock.advance(9_999)
    expect(cloud.lambda.environmentCount(waits)).toBe(3)
    await cloud.clock.advance(1)
    await waitUntil(() => cloud.lambda.environmentCount(waits) === 1)
    await cloud.clock.advance(109_999)
    expect(ids).toContain((await cloud.run(waits, { file: files[0] })).value)
  })

  it('gives the memory of an idle function back, and shows the function no collector', async () => {
    const greedy = await cloud.define('Greedy', FILLS_MEMORY, { MemorySize: 1024 })
    const { value: full } = await cloud.run(greedy, { megabytes: 200 })
    expect(full).toMatchObject({ collector: 'undefined', lists: 200 })
    await waitUntil(() => process.memoryUsage.rss() < full.rss - 150 * 1024 * 1024)
    expect((await cloud.run(greedy, { megabytes: 1 })).value).toMatchObject({ lists: 1 })
  })

  it('freezes the function between invocations, as AWS does', async () => {
    const source = `
      let ticks = 0
      exports.handler = async () => { setInterval(() => ticks++, 1).unref(); return ticks }`
    const frozen = await cloud.define('Frozen', source)
    await cloud.run(frozen)
    const busy = await cloud.define('Busy', 'exports.handler = () => new Promise((go) => setTimeout(go, 50))')
    await cloud.run(busy)
    // A running interval would have ticked some fifty times meanwhile.
    expect((await cloud.run(frozen)).value).toBeLessThan(5)
  })

  it('finds out after a freeze which of its connections were closed meanwhile', async () => {
    const { createServer } = await import('node:http')
    const server = createServer((_request, response) => response.end('fine'))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    try {
      const { port } = server.address() as AddressInfo
      const source = `
        const { Agent, get } = require('node:http')
        const agent = new Agent({ keepAlive: true })
        exports.handler = () => new Promise((resolve, reject) => {
          get('http://127.0.0.1:${port}', { agent }, (response) => response.resume().on('end', () => resolve('got it')))
            .on('error', reject)
        })`
      const calls = await cloud.define('Calls', source)
      for (let round = 0; round < 5; round++) {
        expect((await cloud.run(calls)).value).toBe('got it')
        server.closeAllConnections()
      }
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  it('ends running and waiting invocations and idle environments at once when it closes', async () => {
    const blocked = await cloud.define(
      'Blocked',
      `exports.handler = async () => { console.log('spinning'); for (;;); }`,
    )
    const idle = await cloud.define('Idle', COUNTER)
    await cloud.run(idle)
    const running = cloud.run(blocked).catch(String)
    await cloud.logged('spinning')
    const startedAt = performance.now()
    await cloud.lambda.close!()
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(await running).toContain('is closing')
    expect(cloud.lambda.environmentCount(blocked) + cloud.lambda.environmentCount(idle)).toBe(0)
    await expect(cloud.run(idle)).rejects.toThrow('is closing')
  })
})
