import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import { JobwireError } from '../../../../sdk/src/api/errors.ts'
import type { Jobwire } from '../../../../sdk/src/jobwire/jobwire.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { running, success, until } from '../../peer/scripted-peer.ts'

const setup = usePeer()
const paths = () => setup.peer.requests.slice(1).map(({ method, path }) => `${method} ${path}`)

describe('submitMany', () => {
  it('accepts some jobs and refuses others, each with its own outcome', async () => {
    setup.peer.onFrame = (frame, from) => {
      if (frame.type !== 'submit') return
      const error = { code: 'UNKNOWN_TASK', message: 'There is no task "nope".' }
      const jobs = frame.jobs.map(({ id, task }) =>
        task === 'nope' ? { id, error } : { id, status: 'pending', version: 1 },
      )
      from.send({ type: 'accepted', ref: frame.ref, jobs })
    }
    const jobs = await setup.connect()
    const loop: { self?: object } = {}
    loop.self = loop
    const outcomes = await jobs.submitMany([
      { task: 'resize', input: 1, id: 'a', priority: 'high' },
      { task: 'nope' },
      { task: 'resize', input: loop },
      { task: 'resize', input: 'x', idempotencyKey: 'k' },
      { task: 'resize', colour: 'red' } as never,
      null as never,
    ])
    expect(outcomes.map(({ job, error }) => (job === undefined ? error.code : job.status))).toEqual([
      'pending',
      'UNKNOWN_TASK',
      'INPUT_NOT_JSON',
      'pending',
      'INVALID_OPTION',
      'INVALID_OPTION',
    ])
    expect(setup.peer.socket.framesOf('submit').flatMap((frame) => frame.jobs)).toHaveLength(3)
    expect(await jobs.submitMany([])).toEqual([])
    await expect(jobs.submitMany('abc' as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('delay returns the id only', async () => {
    const jobs = await setup.connect()
    expect(await jobs.delay('resize', 1, { id: 'a' })).toBe('a')
    await expect(jobs.delay('resize', 1n)).rejects.toMatchObject({ code: 'INPUT_NOT_JSON' })
  })
})

describe('a submit', () => {
  it('gives up waiting after its timeout or by its signal, with an error that has its id', async () => {
    const clock = new ManualClock()
    setup.peer.onFrame = () => {}
    const jobs = await setup.connect({ clock })
    const timed = jobs.submit('resize', 1, { id: 'a', timeout: '5s' }).catch((error: unknown) => error)
    const abort = new AbortController()
    const aborted = jobs.submit('resize', 1, { id: 'b', signal: abort.signal }).catch((error: unknown) => error)
    await until(() => setup.peer.sockets[0]?.frames.length === 1)
    abort.abort()
    await clock.advance(5_000)
    expect(await timed).toMatchObject({ code: 'TIMEOUT', jobId: 'a' })
    expect(await aborted).toMatchObject({ code: 'ABORTED', jobId: 'b' })
  })
})

describe('the cache of a client', () => {
  it('saves a second read, until the entry is an hour old', async () => {
    const clock = new ManualClock()
    setup.peer.known.set('a', success('a', 'done'))
    const jobs = await setup.connect({ clock })
    expect(await jobs.result('a')).toBe('done')
    expect(await jobs.result('a')).toBe('done')
    expect(await jobs.status('a')).toBe('success')
    expect(setup.peer.socket.framesOf('subscribe')).toHaveLength(1)
    expect(paths()).toEqual([])
    await clock.advance(3_600_000)
    expect(await jobs.status('a')).toBe('success')
    expect(paths()).toEqual(['GET /jobs/a'])
  })

  it('keeps the entries that were used last, as many as the options say', async () => {
    for (const id of ['a', 'b', 'c']) setup.peer.known.set(id, success(id, id))
    const jobs = await setup.connect({}, { cache: { entries: 2 } })
    for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await jobs.status(id)
    expect(paths()).toEqual(['GET /jobs/a', 'GET /jobs/b', 'GET /jobs/c', 'GET /jobs/b'])
  })

  it('forgets the jobs that this client changes', async () => {
    setup.peer.known.set('a', success('a', 1))
    setup.peer.onRequest = ({ method, path }) => {
      if (method === 'DELETE') return [204, '']
      return path.endsWith('/retry') ? [202, { id: 'a', status: 'pending', version: 3 }] : undefined
    }
    const jobs = await setup.connect()
    await jobs.status('a')
    await jobs.delete('a')
    await jobs.status('a')
    const again = await jobs.retry<number>('a')
    expect(again.status).toBe('pending')
    const result = again.result()
    await until(() => setup.peer.sockets[0]?.framesOf('subscribe').length === 1)
    setup.peer.socket.push(success('a', 2, 4))
    expect(await result).toBe(2)
    expect(await jobs.result('a')).toBe(2)
    expect(paths()).toEqual(['GET /jobs/a', 'DELETE /jobs/a', 'GET /jobs/a', 'POST /jobs/a/retry'])
  })
})

describe('lists', () => {
  it('fetch page after page, as far as they are read', async () => {
    const page = (n: number) => ({ jobs: [{ id: `${n}a` }, { id: `${n}b` }], ...(n < 3 && { cursor: `c${n}` }) })
    setup.peer.onRequest = ({ path }) =>
      path.startsWith('/jobs?') ? [200, page(Number(/cursor=c(\d)/.exec(path)?.[1] ?? 0) + 1)] : undefined
    const jobs = await setup.connect()
    const ids: string[] = []
    for await (const { id } of jobs.list({ status: ['failed', 'cancelled'], tags: ['x', 'y'], metadata: { a: 7 } })) {
      ids.push(id)
    }
    expect(ids).toEqual(['1a', '1b', '2a', '2b', '3a', '3b'])
    expect(paths()[0]).toBe('GET /jobs?status=failed%2Ccancelled&tag=x&tag=y&metadata.a=7&limit=1000')
    expect(await jobs.list({ since: new Date(5), generated: true })).toEqual(page(1))
    expect(paths().at(-1)).toBe('GET /jobs?since=5&ids=generated')
    await expect(Promise.resolve(jobs.list({ colour: 'red' } as never))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    })
  })

  it('of counts are added up', async () => {
    const counts = { pending: 1, running: 0, success: 2, failed: 0, cancelled: 0 }
    setup.peer.onRequest = ({ path }) =>
      path.startsWith('/counts')
        ? [200, { counts, total: 3, ...(!path.includes('cursor') && { cursor: 'c' }) }]
        : undefined
    const jobs = await setup.connect()
    expect(await jobs.counts({ prefix: 'a' })).toEqual({ ...counts, pending: 2, success: 4, total: 6 })
  })
})

describe('calls of one route each', () => {
  it('publish, retry and schedule', async () => {
    const schedule = { name: 'nightly', task: 'sweep' }
    setup.peer.onRequest = ({ method, path }) => {
      if (path.endsWith('/publish')) return [200, { job: running('a', 2) }]
      if (path === '/retries') return [200, { jobs: [{ id: 'a', status: 'pending', version: 4 }] }]
      if (path.startsWith('/failures')) return [200, { codes: { X: 2 }, total: 2 }]
      if (method === 'DELETE') return [204, '']
      if (method === 'GET' && path === '/schedules') return [200, { schedules: [schedule] }]
      return path.startsWith('/schedules') ? [200, { schedule }] : undefined
    }
    const jobs = await setup.connect()
    expect(await jobs.publish('a', { progress: { percent: 40 } })).toMatchObject({ status: 'running' })
    expect(await jobs.retryFailed({ code: 'X' })).toHaveLength(1)
    expect(await jobs.failures()).toEqual({ X: 2 })
    const { schedules } = jobs
    expect(await schedules.create({ ...schedule, every: '1h', runTimeout: '5s' })).toEqual(schedule)
    expect(JSON.parse(setup.peer.requests.at(-1)!.body)).toEqual({ ...schedule, every: '1h', timeout: '5s' })
    await schedules.pause('nightly')
    await schedules.resume('nightly')
    await schedules.get('nightly')
    await schedules.delete('nightly')
    for await (const { name } of schedules.list()) expect(name).toBe('nightly')
    expect(paths().slice(4)).toEqual([
      'POST /schedules/nightly/pause',
      'POST /schedules/nightly/resume',
      'GET /schedules/nightly',
      'DELETE /schedules/nightly',
      'GET /schedules',
    ])
  })

  it('stop waiting for an answer after a timeout', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock }, { token: 'secret' })
    setup.peer.onRequest = () => {
      void clock.advance(1_000)
      return [503, { error: { code: 'UNAVAILABLE', message: 'Later.' } }]
    }
    await expect(jobs.get('a', { timeout: 1_000 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect(jobs.get('a', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('a call of several requests', () => {
  it.each([
    ['counts', { counts: {}, total: 0, cursor: 'c' }, (jobs: Jobwire) => jobs.counts({ timeout: 1_000 })],
    ['retryFailed', { jobs: [], cursor: 'c' }, (jobs: Jobwire) => jobs.retryFailed({ all: true, timeout: 1_000 })],
  ])('has one time limit for all of them: %s', async (_what, page, call) => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    setup.peer.onRequest = () => {
      void clock.advance(400)
      return [200, page]
    }
    await expect(call(jobs)).rejects.toMatchObject({ code: 'TIMEOUT', message: 'No answer within 1000 ms.' })
    expect(paths().length).toBeLessThanOrEqual(3)
  })
})

describe('watch', () => {
  it('follows many ids until the last job has ended', async () => {
    setup.peer.known.set('a', success('a', 1))
    const jobs = await setup.connect()
    const seen: string[] = []
    for await (const { id, status } of jobs.watch(['a', 'b', 'a'])) {
      seen.push(`${id} ${status}`)
      if (id === 'a') setup.peer.socket.push(running('b', 1), success('b', 2))
    }
    expect(seen).toEqual(['a success', 'b running', 'b success'])
  })

  it('finds the jobs of a prefix, even those that come later', async () => {
    const clock = new ManualClock()
    const listed = [{ id: 'i:1' }]
    setup.peer.onRequest = ({ path }) => (path.startsWith('/jobs?prefix=i') ? [200, { jobs: listed }] : undefined)
    setup.peer.known.set('i:2', success('i:2', 2))
    const jobs = await setup.connect({ clock })
    const seen: string[] = []
    const watching = (async () => {
      for await (const { id } of jobs.watch({ prefix: 'i:' })) seen.push(id)
    })()
    await until(() => setup.peer.sockets[0]?.framesOf('subscribe').length === 1)
    listed.push({ id: 'i:2' })
    await clock.advance(10_000)
    await until(() => seen.includes('i:2'))
    setup.peer.socket.push(success('i:1', 1))
    await watching
    expect(seen).toEqual(['i:2', 'i:1'])
  })

  it('of a prefix sees its first job soon, and new jobs however many updates the others have', async () => {
    const clock = new ManualClock()
    const listed: { id: string }[] = []
    let lists = 0
    setup.peer.onRequest = ({ path }) => {
      if (!path.startsWith('/jobs?prefix=i')) return undefined
      lists++
      return [200, { jobs: listed }]
    }
    const jobs = await setup.connect({ clock })
    const seen: string[] = []
    const watching = (async () => {
      for await (const { id, version } of jobs.watch({ prefix: 'i:' })) seen.push(`${id} ${version}`)
    })()
    for (const [index, waitMs] of [0, 1_000, 2_000].entries()) {
      await clock.advance(waitMs)
      await until(() => lists === index + 1)
    }
    listed.push({ id: 'i:1' })
    await clock.advance(4_000)
    await until(() => setup.peer.sockets[0]?.framesOf('subscribe').length === 1)
    listed.push({ id: 'i:2' })
    for (let version = 1; version <= 4; version++) {
      setup.peer.socket.push(running('i:1', version))
      await until(() => seen.includes(`i:1 ${version}`))
      await clock.advance(3_000)
    }
    await until(() => setup.peer.socket.framesOf('subscribe').length === 2)
    setup.peer.socket.push(success('i:1', 1, 9), success('i:2', 2))
    await watching
    expect(seen).toContain('i:2 2')
  })

  it('of one job is subscribe', async () => {
    const jobs = await setup.connect()
    const updates = jobs.subscribe('a')
    const first = updates.next()
    await until(() => setup.peer.sockets[0]?.framesOf('subscribe').length === 1)
    setup.peer.socket.push(success('a', 1))
    expect((await first).value).toMatchObject({ status: 'success' })
    expect((await updates.next()).done).toBe(true)
  })
})

describe('where sockets are blocked', () => {
  /** Runs a job whose result comes by REST only. */
  async function runByRest(jobs: Jobwire, clock: ManualClock): Promise<unknown> {
    const result = jobs.run('resize', 1, { id: 'a' })
    for (let turn = 0; !setup.peer.requests.some(({ method }) => method === 'POST'); turn++) {
      expect(turn).toBeLessThan(5_000)
      await clock.advance(1)
      await new Promise((resolve) => setImmediate(resolve))
    }
    setup.peer.known.set('a', success('a', 'done'))
    while (!setup.peer.requests.some(({ path }) => path === '/jobs/a')) await clock.advance(500)
    return result
  }

  it('jobs are submitted and followed by REST, until a socket opens', async () => {
    const clock = new ManualClock()
    setup.peer.refuseSockets = 403
    const jobs = await setup.connect({ clock })
    expect(await runByRest(jobs, clock)).toBe('done')
    expect(setup.peer.sockets).toHaveLength(0)
    setup.peer.refuseSockets = undefined
    const later = jobs.result('b')
    later.catch(() => {})
    await until(() => setup.peer.requests.some(({ path }) => path === '/jobs/b'))
    await clock.advance(60_000)
    await until(() => setup.peer.sockets[0]?.framesOf('subscribe').length === 1)
    setup.peer.socket.push(success('b', 'pushed'))
    expect(await later).toBe('pushed')
  })

  it('and where there are no sockets at all, as in some edge runtimes, jobs go by REST', async () => {
    const clock = new ManualClock()
    const openSocket = (): never => {
      throw new TypeError('WebSocket is not a constructor')
    }
    expect(await runByRest(await setup.connect({ clock, openSocket }), clock)).toBe('done')
  })
})

describe('events', () => {
  it('report the connection', async () => {
    const jobs = await setup.connect()
    const seen: string[] = []
    const offs = (['online', 'offline', 'reconnecting'] as const).map((name) => jobs.on(name, () => seen.push(name)))
    const result = jobs.result('a')
    await until(() => setup.peer.sockets[0]?.frames.length === 1)
    setup.peer.known.set('a', success('a', 1))
    setup.peer.socket.drop()
    await result
    expect(seen).toEqual(['online', 'offline', 'reconnecting', 'online'])
    for (const off of offs) off()
    setup.peer.socket.drop()
    await jobs.result('a')
    expect(seen).toHaveLength(4)
  })
})

describe('codes', () => {
  it('narrow the type of an error', () => {
    const error: unknown = new JobwireError('TIMEOUT', 'No answer.')
    if (!JobwireError.is(error, 'TIMEOUT', 'ABORTED')) throw error
    const code: 'TIMEOUT' | 'ABORTED' = error.code
    expect(code).toBe('TIMEOUT')
    expect(JobwireError.is(error, 'FORBIDDEN')).toBe(false)
  })
})
