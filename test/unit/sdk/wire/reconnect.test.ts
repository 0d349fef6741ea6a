import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { Jobwire } from '../../../../sdk/src/jobwire/jobwire.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { running, success, until } from '../../peer/scripted-peer.ts'

const setup = usePeer()
const MINUTE = 60_000

/** Submits a job and waits for its result. */
async function waiting(jobs: Jobwire, id = 'order-1') {
  const job = await jobs.submit('ship', undefined, { id })
  const result = job.result()
  // Not every test ends the job: then the close after the test rejects the wait.
  result.catch(() => {})
  return { job, result }
}

/** Waits for a job of a client that has just lost its connection and can make no new one. */
async function waitingInOutage() {
  const clock = new ManualClock()
  const jobs = await setup.connect({ clock, random: () => 1 }, { transport: 'socket' })
  const { result } = await waiting(jobs)
  setup.peer.refuseSockets = 503
  setup.peer.socket.drop()
  await until(() => setup.peer.socket.closeCode !== undefined)
  return { clock, jobs, result }
}

describe('a dropped connection', () => {
  it('is opened again, and every job that is still waited for is resumed', async () => {
    const jobs = await setup.connect()
    const { result } = await waiting(jobs)
    const ended = await waiting(jobs, 'order-2')
    setup.peer.socket.push(success('order-2', 'there'))
    await ended.result
    setup.peer.known.set('order-1', success('order-1', 'shipped', 3))
    setup.peer.socket.drop()
    await expect(result).resolves.toBe('shipped')
    expect(setup.peer.sockets).toHaveLength(2)
    expect(setup.peer.socket.framesOf('subscribe').map((frame) => frame.ids)).toEqual([['order-1']])
  })

  it('stays down while nothing is waited for, and is opened again when it is needed', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('ship')
    const first = setup.peer.socket
    first.drop()
    await until(() => first.closeCode !== undefined)
    await new Promise((resolve) => setImmediate(resolve))
    expect(setup.peer.sockets).toHaveLength(1)
    setup.peer.known.set(job.id, success(job.id, 'shipped'))
    await expect(job.result()).resolves.toBe('shipped')
    expect(setup.peer.sockets).toHaveLength(2)
  })

  it('resumes thousands of jobs in frames of at most 25 ids', async () => {
    setup.peer.onFrame = (frame, from) => {
      if (frame.type === 'subscribe') for (const id of frame.ids) setup.peer.known.set(id, success(id, id))
      setup.peer.answer(frame, from)
    }
    const jobs = await setup.connect()
    const ids = [...Array(1_200).keys()].map((n) => (n < 700 ? `s${n}` : `l${n}`.padEnd(128, '_')))
    const submitted = await Promise.all(ids.map((id) => jobs.submit('ship', undefined, { id })))
    const results = submitted.map((job) => job.result())
    setup.peer.socket.drop()
    expect(await Promise.all(results)).toEqual(ids)
    const frames = setup.peer.socket.framesOf('subscribe')
    expect(Math.max(...frames.map((frame) => frame.ids.length))).toBe(25)
    expect(frames.flatMap((frame) => frame.ids).sort()).toEqual([...ids].sort())
  })

  it('shows each version once and one terminal state, whatever comes twice', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('ship', undefined, { id: 'order-1' })
    const seen: number[] = []
    const reading = (async () => {
      for await (const { version } of job.updates()) seen.push(version)
    })()
    await until(() => seen.length === 1)
    setup.peer.socket.push(running('order-1', 2))
    await until(() => seen.length === 2)
    setup.peer.known.set('order-1', running('order-1', 2))
    setup.peer.socket.drop()
    await until(() => setup.peer.sockets[1]?.frames.length === 1)
    setup.peer.socket.push(
      running('order-1', 3),
      running('order-1', 2),
      success('order-1', 1, 4),
      success('order-1', 1, 4),
    )
    await reading
    expect(seen).toEqual([1, 2, 3, 4])
  })

  it('is tried again with growing, jittered delays, each time at the address that the platform gives', async () => {
    const { clock, result } = await waitingInOutage()
    for (const [failures, delayMs] of [250, 500, 1_000, 2_000].entries()) {
      await settled()
      await clock.advance(delayMs - 1)
      expect(setup.peer.handshakes).toBe(1 + failures)
      await clock.advance(1)
      await until(() => setup.peer.handshakes === 2 + failures)
      expect(setup.peer.requests).toHaveLength(1 + failures)
    }
    setup.peer.refuseSockets = undefined
    setup.peer.known.set('order-1', success('order-1', 'shipped'))
    await settled()
    await clock.advance(30_000)
    await expect(result).resolves.toBe('shipped')
  })

  it('rejects all waits if the token is no longer valid', async () => {
    let token = 'good'
    const jobs = await setup.connect({}, { token: () => token })
    const { result } = await waiting(jobs)
    token = 'expired'
    setup.peer.refuseSockets = 401
    setup.peer.onRequest = ({ authorization }) =>
      authorization === 'Bearer good' ? undefined : [401, { error: { code: 'UNAUTHENTICATED', message: 'Expired.' } }]
    setup.peer.socket.drop()
    await expect(result).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'Expired.' })
    token = 'good'
    setup.peer.refuseSockets = undefined
    await expect(jobs.submit('ship')).resolves.toMatchObject({ status: 'pending' })
  })

  it('is a socket again after an outage of the platform, which does not count as a block of sockets', async () => {
    const jobs = await setup.connect()
    const { result } = await waiting(jobs)
    setup.peer.refuseSockets = 503
    setup.peer.onRequest = () => [503, { error: { code: 'UNAVAILABLE', message: 'Later.' } }]
    setup.peer.socket.drop()
    await until(() => setup.peer.requests.length === 10)
    setup.peer.onRequest = () => undefined
    setup.peer.refuseSockets = undefined
    await until(() => setup.peer.sockets[1]?.framesOf('subscribe').length === 1)
    setup.peer.socket.push(success('order-1', 'shipped'))
    await expect(result).resolves.toBe('shipped')
  })

  it('makes submits fail after a minute without any connection, while results go on waiting', async () => {
    const { clock, jobs, result } = await waitingInOutage()
    const failures: unknown[] = []
    jobs.submit('ship', 1, { id: 'order-2' }).catch((error: unknown) => failures.push(error))
    const startMs = clock.now()
    while (failures.length === 0) {
      await settled()
      await clock.advance(1_000)
      expect(clock.now() - startMs).toBeLessThan(2 * MINUTE)
    }
    expect(failures[0]).toMatchObject({ code: 'UNREACHABLE', jobId: 'order-2' })
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(MINUTE)
    setup.peer.refuseSockets = undefined
    setup.peer.known.set('order-1', success('order-1', 'shipped'))
    await clock.advance(30_000)
    await expect(result).resolves.toBe('shipped')
  })
})

describe('an outage of long ago', () => {
  it('does not count against the patience of a new submit', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    setup.peer.refuseSockets = 503
    const impatient = jobs.result('order-1', { timeout: '1s' }).catch((error: unknown) => error)
    await until(() => setup.peer.handshakes === 1)
    await settled()
    await clock.advance(1_000)
    expect(await impatient).toMatchObject({ code: 'RESULT_TIMEOUT' })
    await clock.advance(60 * MINUTE)

    const { handshakes } = setup.peer
    const submitted = jobs.submit('ship', undefined, { id: 'order-2' })
    await until(() => setup.peer.handshakes > handshakes)
    await settled()
    setup.peer.refuseSockets = undefined
    await clock.advance(1_000)
    await expect(submitted).resolves.toMatchObject({ id: 'order-2' })
  })
})

describe('a subscribe', () => {
  it('is sent again if the platform is too busy, and rejects the wait if it is refused', async () => {
    const answers = ['THROTTLED', 'FORBIDDEN']
    setup.peer.onFrame = ({ ref }, from) =>
      from.send({ type: 'error', ref, error: { code: answers[from.frames.length - 1], message: 'No.' } })
    const jobs = await setup.connect()
    await expect(jobs.result('order-1')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(setup.peer.socket.framesOf('subscribe').map((frame) => frame.ids)).toEqual([['order-1'], ['order-1']])
  })

  it('of several jobs is sent again for those that are refused, and only for those', async () => {
    let isFull = true
    setup.peer.onFrame = (frame, from) => {
      if (frame.type !== 'subscribe') return setup.peer.answer(frame, from)
      const refused = frame.ids
        .filter((id) => isFull && id === 'order-2')
        .map((id) => ({ id, error: { code: 'THROTTLED' as const, message: 'Full.' } }))
      const ended = frame.ids.filter((id) => !refused.some((each) => each.id === id))
      from.send({ type: 'state', ref: frame.ref, jobs: ended.map((id) => success(id, id)), refused })
      isFull = false
    }
    const jobs = await setup.connect()
    const ids = ['order-1', 'order-2', 'order-3']
    expect(await Promise.all(ids.map((id) => jobs.result(id)))).toEqual(ids)
    expect(setup.peer.socket.framesOf('subscribe').map((frame) => frame.ids)).toEqual([ids, ['order-2']])
  })
})

describe('a connection that is waited on', () => {
  it('is pinged after four minutes of silence', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    await waiting(jobs)
    await clock.advance(4 * MINUTE - 1)
    expect(setup.peer.socket.framesOf('ping')).toHaveLength(0)
    await clock.advance(1)
    await until(() => setup.peer.socket.framesOf('ping').length === 1)
    await settled()
    await clock.advance(4 * MINUTE)
    await until(() => setup.peer.socket.framesOf('ping').length === 2)
    expect(setup.peer.sockets).toHaveLength(1)
  })

  it('is given up if the ping is not answered', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    const { result } = await waiting(jobs)
    setup.peer.onFrame = (frame, from) => (frame.type === 'ping' ? undefined : setup.peer.answer(frame, from))
    setup.peer.known.set('order-1', success('order-1', 'shipped'))
    await clock.advance(4 * MINUTE)
    await until(() => setup.peer.socket.framesOf('ping').length === 1)
    await clock.advance(30_000)
    await clock.advance(0)
    await expect(result).resolves.toBe('shipped')
    expect(setup.peer.sockets).toHaveLength(2)
  })

  it('is not pinged once nothing is waited for', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    const { result } = await waiting(jobs)
    setup.peer.socket.push(success('order-1', 'shipped'))
    await result
    await clock.advance(60 * MINUTE)
    await settled()
    expect(setup.peer.socket.framesOf('ping')).toHaveLength(0)
  })

  it('is replaced before it is two hours old: the new one watches before the old one closes', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    const { job, result } = await waiting(jobs)
    await pass(clock, 110 * MINUTE)
    await until(() => setup.peer.sockets[1]?.framesOf('subscribe').length === 1)
    const [old, young] = setup.peer.sockets
    expect(old!.open).toBe(true)
    expect(young!.framesOf('subscribe')[0]!.ids).toEqual([job.id])
    expect(young!.query.get('session')).toBe(old!.query.get('session'))

    old!.push(running(job.id, 2))
    await until(() => job.status === 'running')
    await settled()
    await clock.advance(30_000)
    await until(() => old!.closeCode === 1000)
    young!.push(success(job.id, 'shipped', 3))
    await expect(result).resolves.toBe('shipped')
    expect(setup.peer.sockets).toHaveLength(2)
  })

  it('watches a job on the new one whose submit the old one still answers', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    await waiting(jobs)
    await pass(clock, 110 * MINUTE - 1)
    setup.peer.onFrame = (frame, from) => (frame.type === 'submit' ? undefined : setup.peer.answer(frame, from))
    const late = jobs.run('ship', undefined, { id: 'order-2' })
    await until(() => setup.peer.socket.framesOf('submit').length === 2)
    await clock.advance(1)
    await until(() => setup.peer.sockets[1]?.framesOf('subscribe').length === 1)
    const [old, young] = setup.peer.sockets
    expect(young!.framesOf('subscribe')[0]!.ids).toEqual(['order-1'])
    setup.peer.accept(old!.framesOf('submit')[1]!, old!)
    await until(() => young!.framesOf('subscribe').length === 2)
    expect(young!.framesOf('subscribe')[1]!.ids).toEqual(['order-2'])
    young!.push(success('order-2', 'also'))
    await expect(late).resolves.toBe('also')
  })

  it('sends a subscribe again on the new one if the old one closed before its answer', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    await waiting(jobs)
    await pass(clock, 110 * MINUTE - 1)
    setup.peer.onFrame = (frame, from) =>
      frame.type === 'subscribe' && frame.ids.includes('order-2') ? undefined : setup.peer.answer(frame, from)
    const late = jobs.result('order-2')
    await until(() => setup.peer.socket.framesOf('subscribe').length === 1)
    await clock.advance(1)
    await until(() => setup.peer.sockets.length === 2)
    await settled()
    const [old, young] = setup.peer.sockets
    setup.peer.onFrame = (frame, from) => setup.peer.answer(frame, from)
    setup.peer.known.set('order-2', success('order-2', 'also'))
    old!.drop()
    await expect(late).resolves.toBe('also')
    expect(young!.framesOf('subscribe').flatMap((frame) => frame.ids)).toEqual(['order-1', 'order-2'])
  })
})

/** Lets the frames on real sockets arrive before the clock is moved. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Moves the clock so slowly that pings are answered in time. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= MINUTE) {
    await clock.advance(Math.min(MINUTE, left))
    const { socket } = setup.peer
    await until(
      () => setup.peer.sockets.length > 1 || socket.framesOf('ping').length >= Math.floor((ms - left) / MINUTE / 4),
    )
    await settled()
  }
}
