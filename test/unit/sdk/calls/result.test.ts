import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { JobUpdate } from '../../../../protocol/job/job.ts'
import { JobError, JobwireError } from '../../../../sdk/src/api/errors.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { running, success, until } from '../../peer/scripted-peer.ts'

const setup = usePeer()

const failure: JobUpdate = {
  id: 'late-1',
  version: 3,
  status: 'failed',
  attempts: 2,
  error: { code: 'NO_SUCH_IMAGE', message: 'There is no image a.png.', retryable: false },
}

describe('a result', () => {
  it('is the output that is pushed', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize', { key: 'a.png' })
    const result = job.result()
    setup.peer.socket.push(running(job.id, 2), success(job.id, { width: 20 }, 3))
    await expect(result).resolves.toEqual({ width: 20 })
    expect(job.status).toBe('success')
    await expect(job.result()).resolves.toEqual({ width: 20 })
    expect(setup.peer.socket.framesOf('subscribe')).toHaveLength(0)
  })

  it('counts even if it comes before the answer to the submit', async () => {
    setup.peer.onFrame = (frame, from) => {
      if (frame.type === 'submit') from.push(success(frame.jobs[0]!.id!, 'early'))
      setup.peer.answer(frame, from)
    }
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    expect(job.status).toBe('success')
    await expect(job.result()).resolves.toBe('early')
    await expect(jobs.run('resize')).resolves.toBe('early')
  })

  it('of a failed job rejects with its code, its message and its state', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize', 1, { id: 'late-1' })
    setup.peer.socket.push(failure)
    const error = await job.result().catch((reason: unknown) => reason)
    expect(JobError.is(error) && JobwireError.is(error)).toBe(true)
    expect(error).toBeInstanceOf(JobError)
    expect(error).toMatchObject({
      name: 'JobError',
      code: 'NO_SUCH_IMAGE',
      message: 'There is no image a.png.',
      retryable: false,
      jobId: 'late-1',
      job: failure,
    })
  })

  it('of a cancelled job rejects with JOB_CANCELLED', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    setup.peer.socket.push({ id: job.id, version: 2, status: 'cancelled', attempts: 0 })
    await expect(job.result()).rejects.toMatchObject({ code: 'JOB_CANCELLED', job: { status: 'cancelled' } })
  })

  it('by id waits for a job that another client submits', async () => {
    const jobs = await setup.connect()
    const result = jobs.result('order-17')
    await until(() => setup.peer.sockets[0]?.framesOf('subscribe').length === 1)
    expect(setup.peer.socket.frames).toEqual([{ type: 'subscribe', ref: 1, ids: ['order-17'] }])
    setup.peer.socket.push(success('order-17', 'shipped'))
    await expect(result).resolves.toBe('shipped')
  })

  it('by id is there at once for a job that has ended', async () => {
    setup.peer.known.set('order-17', success('order-17', 'shipped', 5))
    const jobs = await setup.connect()
    await expect(jobs.result('order-17')).resolves.toBe('shipped')
  })

  it('that is too large to be pushed is fetched by REST, once for all who wait', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('render')
    setup.peer.known.set(job.id, success(job.id, 'x'.repeat(100_000)))
    const results = [job.result(), job.result()]
    setup.peer.socket.push({ id: job.id, version: 2, status: 'success', attempts: 0, outputOmitted: true })
    expect((await Promise.all(results)).map((output) => String(output).length)).toEqual([100_000, 100_000])
    expect(setup.peer.requests.filter(({ path }) => path === `/jobs/${job.id}`)).toHaveLength(1)
    for await (const update of job.updates()) expect(update).toEqual(setup.peer.known.get(job.id))
  })
})

describe('a wait', () => {
  it('ends with RESULT_TIMEOUT after its timeout, and the job goes on', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock })
    const job = await jobs.submit('resize')
    const result = job.result({ timeout: '2m' }).catch((error: unknown) => error)
    await clock.advance(119_999)
    setup.peer.socket.push(running(job.id, 2))
    await until(() => job.status === 'running')
    await clock.advance(1)
    expect(await result).toMatchObject({ code: 'RESULT_TIMEOUT', jobId: job.id, name: 'JobwireError' })
    setup.peer.socket.push(success(job.id, 'late', 3))
    await expect(job.result()).resolves.toBe('late')
  })

  it('of run covers the submit as well', async () => {
    const clock = new ManualClock()
    setup.peer.onFrame = () => {}
    const jobs = await setup.connect({ clock })
    const result = jobs.run('resize', 1, { timeout: '10s' }).catch((error: unknown) => error)
    await until(() => setup.peer.sockets[0]?.frames.length === 1)
    await clock.advance(10_000)
    expect(await result).toMatchObject({ code: 'RESULT_TIMEOUT' })
  })

  it('ends when its signal aborts, with the reason as the cause', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    const abort = new AbortController()
    const waits = [job.result({ signal: abort.signal }), job.updates({ signal: abort.signal })] as const
    expect((await waits[1].next()).value).toMatchObject({ version: 1 })
    const next = waits[1].next()
    abort.abort('enough')
    await expect(waits[0]).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    await expect(next).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
  })

  it('with an aborted signal submits nothing', async () => {
    const jobs = await setup.connect()
    await expect(jobs.run('resize', 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(setup.peer.sockets).toHaveLength(0)
  })

  it('refuses unknown options and invalid values', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    const invalid = [{ timeuot: '2m' }, { timeout: 'soon' }, { timeout: -1 }, { signal: 'stop' }, 5, null]
    for (const options of invalid) {
      await expect(job.result(options as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    }
    await expect(job.updates({ until: 5 } as never).next()).rejects.toThrow(
      'There is no option "until"; there are: timeout, signal.',
    )
    await expect(jobs.result('no spaces')).rejects.toMatchObject({ code: 'INVALID_ID' })
  })
})

describe('updates', () => {
  it('are every version once, in order, and end with the terminal one', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    const seen: JobUpdate[] = []
    const reading = (async () => {
      for await (const update of job.updates()) seen.push(update)
    })()
    const pushes = [
      running(job.id, 2),
      running(job.id, 4),
      running(job.id, 3),
      running(job.id, 4),
      success(job.id, 'done', 5),
      success(job.id, 'again', 6),
      running(job.id, 7),
    ]
    await until(() => seen.length === 1)
    for (const push of pushes) setup.peer.socket.push(push)
    await reading
    expect(seen.map(({ version, status }) => [version, status])).toEqual([
      [1, 'pending'],
      [2, 'running'],
      [4, 'running'],
      [5, 'success'],
    ])
    await expect(job.result()).resolves.toBe('done')
  })

  it('are kept for a reader that is slow', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    const updates = job.updates()
    expect((await updates.next()).value).toMatchObject({ version: 1 })
    setup.peer.socket.push(running(job.id, 2), running(job.id, 3), success(job.id, 1, 4))
    await job.result()
    const rest: number[] = []
    for await (const { version } of updates) rest.push(version)
    expect(rest).toEqual([2, 3, 4])
  })

  it('end with the failure of a failed job, without throwing', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize', 1, { id: 'late-1' })
    setup.peer.socket.push(failure)
    const seen: JobUpdate[] = []
    for await (const update of job.updates()) seen.push(update)
    expect(seen.at(-1)).toEqual(failure)
  })
})

describe('get', () => {
  it('returns the record, or throws the platform’s error', async () => {
    setup.peer.known.set('order-17', success('order-17', 'shipped', 5))
    const jobs = await setup.connect()
    await expect(jobs.get('order-17')).resolves.toMatchObject({ id: 'order-17', output: 'shipped' })
    await expect(jobs.get('order-18')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    await expect(jobs.get('../jobs')).rejects.toMatchObject({ code: 'INVALID_ID' })
  })
})
