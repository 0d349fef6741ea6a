import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { Jobwire } from '../../../../sdk/src/jobwire/jobwire.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success, until } from '../../peer/scripted-peer.ts'

const setup = usePeer()

/** Lets the frames on real sockets arrive before the clock is moved. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a wait that was given up while there was no connection', () => {
  it('can be started again', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    const job = await jobs.submit('ship', undefined, { id: 'order-1' })
    setup.peer.refuseSockets = 503
    setup.peer.socket.drop()
    await until(() => setup.peer.socket.closeCode !== undefined)
    await settled()
    const impatient = job.result({ timeout: '1s' }).catch((error: unknown) => error)
    await until(() => setup.peer.handshakes === 2)
    await settled()
    await clock.advance(1_000)
    expect(await impatient).toMatchObject({ code: 'RESULT_TIMEOUT' })

    setup.peer.refuseSockets = undefined
    setup.peer.known.set('order-1', success('order-1', 'shipped'))
    await expect(job.result()).resolves.toBe('shipped')
  })

  it('does not count as a network failure, however often it happens', async () => {
    const jobs = await setup.connect()
    for (let n = 1; n <= 4; n++) {
      const page = new AbortController()
      const left = jobs.result('order-1', { signal: page.signal }).catch((error: unknown) => error)
      await until(() => setup.peer.handshakes === n)
      page.abort()
      expect(await left).toMatchObject({ code: 'ABORTED' })
    }
    setup.peer.known.set('order-1', success('order-1', 'shipped'))
    const asked = setup.peer.requests.length
    await expect(jobs.result('order-1')).resolves.toBe('shipped')
    expect(setup.peer.handshakes).toBe(5)
    expect(setup.peer.requests).toHaveLength(asked)
  })
})

describe('a request that was given up between two sends', () => {
  it('is not sent again', async () => {
    const clock = new ManualClock()
    setup.peer.onRequest = ({ path }) =>
      path === '/' ? undefined : [503, { error: { code: 'UNAVAILABLE', message: 'Later.' } }]
    const jobs = await setup.connect({ clock, random: () => 1 })
    const page = new AbortController()
    const cancelled = jobs.cancel('order-1', { signal: page.signal }).catch((error: unknown) => error)
    await until(() => setup.peer.requests.length === 2)
    await settled()
    page.abort()
    expect(await cancelled).toMatchObject({ code: 'ABORTED' })
    await clock.advance(60_000)
    await settled()
    expect(setup.peer.requests).toHaveLength(2)
  })
})

describe('a token function that never returns', () => {
  it('does not keep the client from connecting forever', async () => {
    const clock = new ManualClock()
    let stuck = false
    const token = () => (stuck ? new Promise<string>(() => {}) : 'good')
    const jobs = await setup.connect({ clock }, { token })
    setup.peer.known.set('order-1', success('order-1', 'shipped'))
    stuck = true
    const result = jobs.result('order-1')
    await settled()
    stuck = false
    await clock.advance(31_000)
    await clock.advance(0)
    await until(() => setup.peer.handshakes === 1)
    await expect(result).resolves.toBe('shipped')
  })
})

describe('an error that many wait for', () => {
  it.each([
    ['CLIENT_CLOSED', (jobs: Jobwire) => jobs.close()],
    [
      'JOB_NOT_FOUND',
      () => {
        setup.peer.socket.push({ id: 'order-1', version: 2, status: 'success', attempts: 0, outputOmitted: true })
      },
    ],
  ])('is a separate error for each, and names the job: %s', async (code, end) => {
    const jobs = await setup.connect()
    const job = await jobs.submit('ship', undefined, { id: 'order-1' })
    async function first(): Promise<unknown> {
      return await job.result()
    }
    async function second(): Promise<unknown> {
      return await job.result()
    }
    const errors = [first(), second()].map((result) => result.catch((error: unknown) => error))
    await end(jobs)
    const [one, other] = await Promise.all(errors)
    expect(one).toMatchObject({ code, jobId: 'order-1', stack: expect.stringContaining('first') })
    expect(other).toMatchObject({ code, jobId: 'order-1', stack: expect.stringContaining('second') })
  })
})
