import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success, until } from '../../peer/scripted-peer.ts'

const setup = usePeer()
const paths = () => setup.peer.requests.slice(1).map(({ method, path }) => `${method} ${path}`)
const invalid = (message: string) => ({ code: 'INVALID_OPTION', message: expect.stringContaining(message) })

describe('a call that is awaited as a whole', () => {
  it('is made once, however often it is awaited', async () => {
    setup.peer.onRequest = ({ path }) => (path.startsWith('/jobs?') ? [200, { jobs: [] }] : undefined)
    const jobs = await setup.connect()
    const page = jobs.list({ prefix: 'a' })
    expect(paths()).toEqual([])
    expect(await page).toBe(await page)
    expect(paths()).toEqual(['GET /jobs?prefix=a'])
  })

  it('has the `catch` and `finally` of a promise', async () => {
    const jobs = await setup.connect()
    let settled = false
    const map = jobs.map('double', 7 as never)
    expect(await map.catch((error: unknown) => error)).toMatchObject(invalid('The inputs must be'))
    await map.finally(() => (settled = true)).catch(() => {})
    expect(settled).toBe(true)
  })
})

describe('wrong arguments', () => {
  it('of lists are refused before a request is sent', async () => {
    const jobs = await setup.connect()
    for (const [options, name] of [
      [{ metadata: null }, 'metadata'],
      [{ metadata: { a: {} } }, 'metadata.a'],
      [{ tags: [null] }, 'tags'],
      [{ prefix: {} }, 'prefix'],
    ] as const) {
      await expect(jobs.counts(options as never)).rejects.toMatchObject(invalid(`"${name}" is of the wrong type`))
    }
    expect(paths()).toEqual([])
  })

  it('of schedules are refused before a request is sent', async () => {
    const { schedules } = await setup.connect()
    const schedule = { name: 'nightly', task: 'sweep', every: '1h' as const }
    await expect(schedules.create({ ...schedule, timeout: '5s' } as never)).rejects.toMatchObject(invalid('"timeout"'))
    await expect(schedules.create(undefined as never)).rejects.toMatchObject(invalid('must be an object'))
    expect(paths()).toEqual([])
  })

  it('of the cache and of events are refused', async () => {
    await expect(setup.connect({}, { cache: { entries: -1 } })).rejects.toMatchObject(invalid('"entries" must be'))
    const wrong = setup.connect({}, { cache: { ttl: 'soon' as never } })
    await expect(wrong).rejects.toMatchObject(invalid('"ttl": "soon" is not a duration'))
    const jobs = await setup.connect()
    expect(() => jobs.on('onlin' as never, () => {})).toThrow('There is no option "onlin"; there are: online')
    expect(() => jobs.on(Symbol('on') as never, () => {})).toThrow('There is no option "Symbol(on)"')
    expect(() => jobs.on('online', 7 as never)).toThrow('"listener" must be a function.')
  })
})

describe('a client without a cache', () => {
  it('reads again', async () => {
    setup.peer.known.set('a', success('a', 1))
    const jobs = await setup.connect({}, { cache: false })
    await jobs.status('a')
    await jobs.status('a')
    expect(paths()).toEqual(['GET /jobs/a', 'GET /jobs/a'])
  })
})

describe('a watch of a prefix', () => {
  it('yields the jobs of its last look without another wait', async () => {
    const listed = [{ id: 'i:1' }]
    setup.peer.onRequest = ({ path }) => (path.startsWith('/jobs?prefix=i') ? [200, { jobs: listed }] : undefined)
    setup.peer.known.set('i:1', success('i:1', 1)).set('i:2', success('i:2', 2))
    // Nobody moves the clock: an update that waited for the next look would never come.
    const jobs = await setup.connect({ clock: new ManualClock() })
    await jobs.result('i:2')
    const seen: string[] = []
    for await (const { id } of jobs.watch({ prefix: 'i:' })) {
      seen.push(id)
      if (id === 'i:1') listed.push({ id: 'i:2' })
    }
    expect(seen).toEqual(['i:1', 'i:2'])
  })

  it('aborts its list when its time is over', async () => {
    const clock = new ManualClock()
    const asked = setup.peer.requests
    setup.peer.onRequest = ({ path }) =>
      path === '/' ? undefined : [503, { error: { code: 'UNAVAILABLE', message: 'Later.' } }]
    const jobs = await setup.connect({ clock, random: () => 1 })
    const end = jobs
      .watch({ prefix: 'i:' }, { timeout: 100 })
      .next()
      .catch((error: unknown) => error)
    await until(() => asked.length === 2)
    await clock.advance(100)
    expect(await end).toMatchObject({ code: 'TIMEOUT' })
  })
})

describe('a loop over the changes of a job', () => {
  it('ends in time, even while it fetches an output that was too large to be pushed', async () => {
    const clock = new ManualClock()
    setup.peer.known.set('a', { ...success('a', null), output: undefined, outputOmitted: true } as never)
    setup.peer.onRequest = ({ path }) =>
      path === '/' ? undefined : [503, { error: { code: 'UNAVAILABLE', message: 'Later.' } }]
    const jobs = await setup.connect({ clock, random: () => 1 })
    const end = jobs
      .subscribe('a', { timeout: 100 })
      .next()
      .catch((error: unknown) => error)
    await until(() => setup.peer.requests.length === 2)
    await clock.advance(100)
    expect(await end).toMatchObject({ code: 'RESULT_TIMEOUT', jobId: 'a' })
  })
})

describe('a job whose id has begun another life elsewhere', () => {
  it('is not confused with the cached one', async () => {
    setup.peer.known.set('a', success('a', 'first'))
    const jobs = await setup.connect()
    expect(await jobs.result('a')).toBe('first')
    // Another client has deleted the job, and the id is free again.
    const job = await jobs.submit('resize', 1, { id: 'a' })
    setup.peer.known.set('a', { id: 'a', version: 1, status: 'pending', attempts: 0 })
    expect(job.status).toBe('pending')
    expect(await jobs.status('a')).toBe('pending')
  })

  it('not even if both lives have ended with the same version', async () => {
    setup.peer.known.set('a', success('a', 'first'))
    const jobs = await setup.connect()
    expect(await jobs.result('a')).toBe('first')
    // Others have deleted the job, and submitted it again.
    setup.peer.known.set('a', success('a', 'second'))
    setup.peer.onFrame = (frame, from) => {
      if (frame.type !== 'submit') return setup.peer.answer(frame, from)
      const known = { id: 'a', status: 'success', version: 2, existed: true }
      from.send({ type: 'accepted', ref: frame.ref, jobs: [known] })
    }
    expect(await jobs.run('resize', 1, { id: 'a' })).toBe('second')
    expect(await jobs.result('a')).toBe('second')
  })

  it('not even if this client has deleted it without hearing of it', async () => {
    setup.peer.known.set('a', success('a', 'first'))
    setup.peer.onRequest = ({ method }) =>
      method === 'DELETE' ? [404, { error: { code: 'JOB_NOT_FOUND', message: 'Gone.' } }] : undefined
    const jobs = await setup.connect()
    expect(await jobs.result('a')).toBe('first')
    await expect(jobs.delete('a')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    setup.peer.known.set('a', success('a', 'second'))
    expect(await jobs.result('a')).toBe('second')
  })
})
