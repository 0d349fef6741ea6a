import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { SubmitFrame } from '../../../../protocol/wire/frames.ts'
import { MAX_FRAME_BYTES } from '../../../../protocol/kit/limits.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success, until } from '../../peer/scripted-peer.ts'

/** The most bytes of several jobs in one frame: a larger frame would be cut off again and again on a bad line. */
const FULL_FRAME_BYTES = 8_192 + 64
const setup = usePeer()

describe('a submit', () => {
  it('shows its id in a log and in JSON', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('resize', 1, { id: 'order-17' })
    expect(JSON.stringify(job)).toBe('{"id":"order-17"}')
    expect(Object.keys(job)).toEqual(['id'])
  })

  it('resolves to a handle once it is accepted, over a socket that opens on first need', async () => {
    const jobs = await setup.connect()
    expect(setup.peer.sockets).toHaveLength(0)
    const job = await jobs.submit('resize', { key: 'a.png' }, { priority: 'high' })
    expect(job.status).toBe('pending')
    expect(setup.peer.socket.frames).toEqual([
      { type: 'submit', ref: 1, jobs: [{ id: job.id, task: 'resize', priority: 'high', input: { key: 'a.png' } }] },
    ])
    expect(setup.peer.socket.query.get('token')).toBe('secret')
    expect(setup.peer.socket.query.get('session')).toMatch(/^[0-9a-z]{26}$/)
  })

  it('is not resolved before the answer', async () => {
    const frames: SubmitFrame[] = []
    setup.peer.onFrame = (frame) => frames.push(frame as SubmitFrame)
    const jobs = await setup.connect()
    let resolved = false
    const submitted = jobs.submit('resize').then(() => (resolved = true))
    await until(() => frames.length === 1)
    expect(resolved).toBe(false)
    setup.peer.accept(frames[0]!, setup.peer.socket)
    await submitted
  })

  it('sends no input if there is none', async () => {
    const jobs = await setup.connect()
    const job = await jobs.submit('sweep', undefined, { id: 'sweep-1' })
    expect(job.id).toBe('sweep-1')
    expect(setup.peer.socket.framesOf('submit')[0]!.jobs).toEqual([{ id: 'sweep-1', task: 'sweep' }])
  })

  it('rejects with the code of the refused job, and the others go on', async () => {
    setup.peer.onFrame = (frame, from) => {
      const { ref, jobs } = frame as SubmitFrame
      const error = { code: 'UNKNOWN_TASK', message: 'There is no task "nope".', path: 'jobs.1.task' }
      const outcomes = jobs.map(({ id, task }) =>
        task === 'nope' ? { id, error } : { id, status: 'pending', version: 1 },
      )
      from.send({ type: 'accepted', ref, jobs: outcomes })
    }
    const jobs = await setup.connect()
    const [good, bad] = await Promise.allSettled([jobs.submit('resize'), jobs.submit('nope', 1, { id: 'bad-1' })])
    expect(good.status).toBe('fulfilled')
    expect(bad).toMatchObject({ reason: { code: 'UNKNOWN_TASK', jobId: 'bad-1', path: 'task' } })
  })

  it('that was refused is not watched, unless another call waits for its id', async () => {
    const held: SubmitFrame[] = []
    setup.peer.onFrame = (frame, from) => (frame.type === 'submit' ? held.push(frame) : setup.peer.answer(frame, from))
    const jobs = await setup.connect()
    const runs = Promise.allSettled([jobs.run('nope', 1, { id: 'alone' }), jobs.run('nope', 1, { id: 'awaited' })])
    const other = jobs.result('awaited')
    await until(() => held.length === 1)
    const error = { code: 'UNKNOWN_TASK', message: 'There is no task "nope".' }
    const { ref, jobs: refused } = held[0]!
    setup.peer.socket.send({ type: 'accepted', ref, jobs: refused.map(({ id }) => ({ id, error })) })
    expect(await runs).toMatchObject([{ reason: { code: 'UNKNOWN_TASK' } }, { reason: { code: 'UNKNOWN_TASK' } }])
    await until(() => setup.peer.socket.framesOf('subscribe').length > 0)
    expect(setup.peer.socket.framesOf('subscribe').map((frame) => frame.ids)).toEqual([['awaited']])
    setup.peer.socket.push(success('awaited', 'done'))
    await expect(other).resolves.toBe('done')
  })

  it('is tried again, with the same id, if the platform is too busy for the job or for the frame', async () => {
    let frames = 0
    setup.peer.onFrame = (frame, from) => {
      const { ref, jobs } = frame as SubmitFrame
      frames++
      const error = { code: 'THROTTLED', message: 'Later.' }
      if (frames === 1) from.send({ type: 'accepted', ref, jobs: [{ id: jobs[0]!.id, error }] })
      else if (frames === 2) from.send({ type: 'error', ref, error })
      else setup.peer.answer(frame, from)
    }
    const jobs = await setup.connect()
    const job = await jobs.submit('resize')
    expect(setup.peer.socket.framesOf('submit').map((frame) => frame.jobs[0]!.id)).toEqual([job.id, job.id, job.id])
  })

  it('fails with the last error if the platform stays too busy', async () => {
    setup.peer.onFrame = (frame, from) =>
      from.send({ type: 'error', ref: frame.ref, error: { code: 'UNAVAILABLE', message: 'Not now.' } })
    const jobs = await setup.connect()
    await expect(jobs.submit('resize')).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'Not now.' })
    expect(setup.peer.socket.frames).toHaveLength(6)
  })
})

describe('frames', () => {
  it('carry all submits of one turn of the event loop', async () => {
    const jobs = await setup.connect()
    const handles = await Promise.all([1, 2, 3].map((n) => jobs.submit('double', n)))
    expect(setup.peer.socket.frames).toHaveLength(1)
    expect(setup.peer.socket.framesOf('submit')[0]!.jobs.map((job) => job.id)).toEqual(handles.map((job) => job.id))
  })

  it('fill up while one is unanswered', async () => {
    const held: SubmitFrame[] = []
    setup.peer.onFrame = (frame) => held.push(frame as SubmitFrame)
    const jobs = await setup.connect()
    const first = jobs.submit('double', 1)
    await until(() => held.length === 1)
    const second = jobs.submit('double', 2)
    await Promise.resolve()
    const third = jobs.submit('double', 3)
    setup.peer.onFrame = (frame, from) => setup.peer.answer(frame, from)
    setup.peer.accept(held[0]!, setup.peer.socket)
    await Promise.all([first, second, third])
    expect(setup.peer.socket.framesOf('submit').map((frame) => frame.jobs.map((job) => job.input))).toEqual([
      [1],
      [2, 3],
    ])
  })

  it('stay within 8 KB of UTF-8, and lose no job and no order', async () => {
    const jobs = await setup.connect()
    const inputs = [...Array(600).keys()].map((n) => `${n}:${'ü€😀'.repeat(n % 40)}`)
    await Promise.all(inputs.map((input) => jobs.submit('echo', input)))
    const { frameBytes } = setup.peer.socket
    expect(Math.max(...frameBytes)).toBeLessThanOrEqual(FULL_FRAME_BYTES)
    expect(Math.max(...frameBytes)).toBeGreaterThan(FULL_FRAME_BYTES - 600)
    const frames = setup.peer.socket.framesOf('submit')
    expect(frames.flatMap((frame) => frame.jobs.map((job) => job.input))).toEqual(inputs)
  })

  it('carry a larger job by itself', async () => {
    const jobs = await setup.connect()
    const inputs = ['a', 'x'.repeat(20_000), 'b']
    await Promise.all(inputs.map((input) => jobs.submit('echo', input)))
    expect(setup.peer.socket.framesOf('submit').map(({ jobs: held }) => held.map(({ input }) => input))).toEqual(
      inputs.map((input) => [input]),
    )
    expect(Math.max(...setup.peer.socket.frameBytes)).toBeLessThanOrEqual(MAX_FRAME_BYTES)
  })

  it('are unanswered four at a time at most', async () => {
    const held: SubmitFrame[] = []
    const jobs = await setup.connect()
    // Until the first answer, the client sends one frame at a time.
    await jobs.submit('sweep')
    setup.peer.onFrame = (frame) => held.push(frame as SubmitFrame)
    const submits = [...Array(1_500).keys()].map(() => jobs.submit('sweep'))
    await until(() => held.length === 4)
    await new Promise(setImmediate)
    expect(held).toHaveLength(4)
    setup.peer.onFrame = (frame, from) => setup.peer.answer(frame, from)
    for (const frame of held) setup.peer.accept(frame, setup.peer.socket)
    await Promise.all(submits)
    expect(setup.peer.socket.framesOf('submit').flatMap((frame) => frame.jobs)).toHaveLength(1_501)
  })
})

describe('a job too large for a frame', () => {
  it('goes by REST and is watched over the socket', async () => {
    const jobs = await setup.connect()
    const big = '€'.repeat(20_000)
    const job = await jobs.submit('echo', big)
    const [, request] = setup.peer.requests
    expect(request).toMatchObject({ method: 'POST', path: '/jobs', authorization: 'Bearer secret' })
    expect(JSON.parse(request!.body)).toEqual({ id: job.id, task: 'echo', input: big })
    expect(setup.peer.sockets).toHaveLength(0)

    const result = job.result()
    await until(() => setup.peer.sockets[0]?.framesOf('subscribe').length === 1)
    expect(setup.peer.socket.framesOf('subscribe')[0]!.ids).toEqual([job.id])
    setup.peer.socket.push(success(job.id, 'done'))
    await expect(result).resolves.toBe('done')
  })

  it('is sent again if REST answers that it is busy, and rejects with the refusal of REST', async () => {
    const answers = [
      [503, { error: { code: 'UNAVAILABLE', message: 'Not now.' } }],
      [400, { error: { code: 'UNKNOWN_TASK', message: 'There is no task "echo".' } }],
    ] as const
    setup.peer.onRequest = ({ method }) => (method === 'POST' ? answers[setup.peer.requests.length - 2] : undefined)
    const jobs = await setup.connect()
    await expect(jobs.submit('echo', 'x'.repeat(40_000), { id: 'big' })).rejects.toMatchObject({
      code: 'UNKNOWN_TASK',
      jobId: 'big',
    })
    const ids = setup.peer.requests.slice(1).map(({ body }) => JSON.parse(body).id)
    expect(ids).toEqual(['big', 'big'])
  })
})

describe('an answer that is lost', () => {
  it('makes the submit go again on the next connection, with the same id', async () => {
    setup.peer.onFrame = (_frame, from) => from.drop()
    const jobs = await setup.connect()
    const submitted = jobs.submit('resize', { key: 'a.png' })
    await until(() => setup.peer.sockets[0]?.frames.length === 1)
    setup.peer.onFrame = (frame, from) => setup.peer.answer(frame, from)
    const job = await submitted
    const [first, second] = setup.peer.sockets
    expect(second!.frames).toEqual(first!.frames)
    expect(second!.framesOf('submit')[0]!.jobs[0]!.id).toBe(job.id)
    expect(second!.query.get('session')).toBe(first!.query.get('session'))
  })

  it('ends a silent connection after 30 seconds', async () => {
    const clock = new ManualClock()
    setup.peer.onFrame = () => {}
    const jobs = await setup.connect({ clock })
    const submitted = jobs.submit('resize')
    await until(() => setup.peer.sockets[0]?.frames.length === 1)
    await clock.advance(29_999)
    expect(setup.peer.socket.open).toBe(true)
    setup.peer.onFrame = (frame, from) => setup.peer.answer(frame, from)
    await clock.advance(1)
    await clock.advance(0)
    const job = await submitted
    expect(setup.peer.sockets).toHaveLength(2)
    expect(setup.peer.socket.framesOf('submit')[0]!.jobs[0]!.id).toBe(job.id)
  })

  it('is given up after six connections and a minute, with an error that names the id', async () => {
    const clock = new ManualClock()
    const startMs = clock.now()
    setup.peer.onFrame = (_frame, from) => {
      from.drop()
    }
    const jobs = await setup.connect({ clock, random: () => 1 }, { transport: 'socket' })
    let error: unknown
    jobs.submit('resize', 1, { id: 'six' }).catch((reason: unknown) => (error = reason))
    await until(() => {
      void clock.advance(100)
      return error
    })
    expect(error).toMatchObject({ code: 'NO_ANSWER', jobId: 'six' })
    expect(setup.peer.sockets.length).toBeGreaterThanOrEqual(6)
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(60_000)
  })

  it('is asked for again if API Gateway reports a failed integration in its own frame', async () => {
    setup.peer.onFrame = (frame, from) => {
      if (from.frames.length === 1) from.send({ message: 'Internal server error', connectionId: 'c', requestId: 'r' })
      else setup.peer.answer(frame, from)
    }
    const jobs = await setup.connect()
    await jobs.submit('resize')
    expect(setup.peer.sockets).toHaveLength(1)
    expect(setup.peer.socket.frames[1]).toEqual(setup.peer.socket.frames[0])
  })

  it('is not asked for again because of a push that this SDK does not know yet', async () => {
    const clock = new ManualClock()
    setup.peer.onFrame = (_frame, from) => from.send({ type: 'weather', sky: 'blue' })
    const jobs = await setup.connect({ clock })
    const submitted = jobs.submit('resize')
    await until(() => setup.peer.sockets[0]?.frames.length === 1)
    let turns = 0
    await until(() => turns++ > 50)
    setup.peer.onFrame = (frame, from) => setup.peer.answer(frame, from)
    await clock.advance(1_000)
    setup.peer.accept(setup.peer.socket.framesOf('submit')[0]!, setup.peer.socket)
    await submitted
    expect(setup.peer.socket.frames).toHaveLength(1)
  })

  it('may come late: the first answer to either sending counts', async () => {
    let first: SubmitFrame | undefined
    setup.peer.onFrame = (frame, from) => {
      first ??= frame as SubmitFrame
      if (from.frames.length === 1) from.send({ message: 'Internal server error' })
      else {
        setup.peer.accept(first, from)
        setup.peer.accept(frame as SubmitFrame, from)
      }
    }
    const jobs = await setup.connect()
    await jobs.submit('resize')
    setup.peer.onFrame = (frame, from) => setup.peer.answer(frame, from)
    await expect(jobs.submit('resize')).resolves.toMatchObject({ status: 'pending' })
  })
})

describe('a submit of an id that is known', () => {
  it('subscribes, because the job may have ended long before', async () => {
    setup.peer.known.set('order-1', success('order-1', 'shipped'))
    setup.peer.onFrame = (frame, from) => {
      if (frame.type !== 'submit') return setup.peer.answer(frame, from)
      from.send({
        type: 'accepted',
        ref: frame.ref,
        jobs: [{ id: 'order-1', status: 'success', version: 2, existed: true }],
      })
    }
    const jobs = await setup.connect()
    const job = await jobs.submit('ship', undefined, { id: 'order-1' })
    expect(job.status).toBe('success')
    await expect(job.result()).resolves.toBe('shipped')
  })
})
