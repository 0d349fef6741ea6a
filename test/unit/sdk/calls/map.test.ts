import { describe, expect, it } from '@jest/globals'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { SubmitFrame } from '../../../../protocol/wire/frames.ts'
import { openNodeSocket } from '../../../../sdk/src/wire/node-socket.ts'
import type { OpenSocket, Socket } from '../../../../sdk/src/wire/socket.ts'
import type { PeerSocket } from '../../peer/scripted-peer.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success, until } from '../../peer/scripted-peer.ts'

const setup = usePeer()

/** Ends every job with twice its input, the last job of a frame first. */
function doubling(frame: SubmitFrame, from: PeerSocket): void {
  setup.peer.accept(frame, from)
  for (const { id, input } of frame.jobs.toReversed()) from.push(success(id!, Number(input) * 2))
}

function answerByDoubling(): void {
  setup.peer.onFrame = (frame, from) =>
    frame.type === 'submit' ? doubling(frame, from) : setup.peer.answer(frame, from)
}

const failure = (id: string) => ({
  id,
  version: 2,
  status: 'failed' as const,
  attempts: 1,
  error: { code: 'ODD', message: 'It is odd.', retryable: false },
})

/** Fails the job whose input is 3, and does not end those with a larger input. */
function failThree(): void {
  setup.peer.onFrame = (frame, from) => {
    if (frame.type === 'cancel') {
      return from.send({
        type: 'cancelled',
        ref: frame.ref,
        jobs: frame.ids.map((id) => ({ id, status: 'cancelled', version: 2 })),
      })
    }
    setup.peer.answer(frame, from)
    if (frame.type !== 'submit') return
    for (const { id, input } of frame.jobs) {
      if (input === 3) from.push(failure(id!))
      else if (Number(input) < 3) from.push(success(id!, Number(input)))
    }
  }
}

describe('map', () => {
  it('returns the outputs in the order of the inputs, whichever job ends first', async () => {
    answerByDoubling()
    const jobs = await setup.connect()
    expect(await jobs.map('double', [1, 2, 3, 4, 5])).toEqual([2, 4, 6, 8, 10])
    expect(await jobs.map('double', new Set([7, 8]))).toEqual([14, 16])
    expect(await jobs.map('double', [])).toEqual([])
  })

  it('reads asynchronous inputs only as far as there is room, for jobs and for outputs', async () => {
    answerByDoubling()
    const jobs = await setup.connect()
    let pulled = 0
    async function* inputs() {
      for (let n = 0; n < 1_000; n++) {
        pulled++
        yield n
      }
    }
    let read = 0
    for await (const output of jobs.map('double', inputs(), { concurrency: 10 })) {
      expect(output).toBe(2 * read++)
      expect(pulled - read).toBeLessThanOrEqual(20)
    }
    expect(read).toBe(1_000)
  })

  it('stops at the first failure, cancels the rest, and closes the inputs', async () => {
    failThree()
    const jobs = await setup.connect()
    let closed = false
    function* inputs() {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        closed = true
      }
    }
    await expect(jobs.map('even', inputs(), { concurrency: 8 })).rejects.toMatchObject({
      name: 'JobError',
      code: 'ODD',
      job: { status: 'failed', attempts: 1 },
    })
    expect(closed).toBe(true)
    const submitted = setup.peer.socket.framesOf('submit').flatMap((frame) => frame.jobs)
    const unended = submitted.filter(({ input }) => Number(input) > 3).map(({ id }) => id)
    expect(unended.length).toBeGreaterThan(0)
    expect(setup.peer.socket.framesOf('cancel').flatMap((frame) => frame.ids)).toEqual(unended)
  })

  it('collects errors if asked to, even those of inputs that are not JSON', async () => {
    failThree()
    const jobs = await setup.connect()
    const seen: unknown[] = []
    const items = await jobs.map('even', [1, 3, 2, 5n], { errors: 'collect', onProgress: (p) => seen.push(p) })
    expect(items.map(({ index, value, error }) => [index, value ?? error?.code])).toEqual([
      [0, 1],
      [1, 'ODD'],
      [2, 2],
      [3, 'INPUT_NOT_JSON'],
    ])
    expect(seen.at(-1)).toEqual({ submitted: 3, succeeded: 2, failed: 2, total: 4 })
  })

  it('is cancelled by a signal and by leaving the loop', async () => {
    failThree()
    const jobs = await setup.connect()
    const abort = new AbortController()
    const aborted = Promise.resolve(jobs.map('even', [4, 5, 6], { signal: abort.signal })).catch((e: unknown) => e)
    await until(() => setup.peer.sockets[0]?.framesOf('submit').length === 1)
    abort.abort('enough')
    expect(await aborted).toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(setup.peer.socket.framesOf('cancel').flatMap(({ ids }) => ids)).toHaveLength(3)
    for await (const output of jobs.map('even', [1, 8, 9])) {
      expect(output).toBe(1)
      break
    }
    expect(setup.peer.socket.framesOf('cancel').flatMap(({ ids }) => ids)).toHaveLength(5)
  })

  it('cancels the rest, and lets the client become idle, if the inputs throw when they are closed', async () => {
    failThree()
    const held: boolean[] = []
    const jobs = await setup.connect({ openSocket: (url, events) => noting(held, openNodeSocket(url, events)) })
    function* inputs() {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- like a cursor that cannot be closed
        throw new Error('no more')
      }
    }
    await expect(jobs.map('even', inputs(), { concurrency: 8 })).rejects.toMatchObject({ code: 'ODD' })
    expect(setup.peer.socket.framesOf('cancel')).toHaveLength(1)
    expect(held.at(-1)).toBe(false)
  })

  it('does not close inputs that have ended', async () => {
    failThree()
    const jobs = await setup.connect()
    let returns = 0
    const three = [3].values()
    const inputs = {
      [Symbol.iterator]: () => ({ next: () => three.next(), return: () => ({ done: true, value: returns++ }) }),
    }
    await expect(jobs.map('even', inputs as never)).rejects.toMatchObject({ code: 'ODD' })
    expect(returns).toBe(0)
  })

  it('gives each job the id that the caller derives from its input', async () => {
    answerByDoubling()
    const jobs = await setup.connect()
    await jobs.map('double', [5, 6], { id: (input, index) => `import-${index}:${input}`, priority: 'low' })
    expect(setup.peer.socket.framesOf('submit')[0]!.jobs).toMatchObject([
      { id: 'import-0:5', priority: 'low' },
      { id: 'import-1:6', priority: 'low' },
    ])
  })

  it.each([
    [['double', 'abc'], 'The inputs must be'],
    [['double', 7], 'The inputs must be'],
    [['double', [1], { concurrency: 0 }], '"concurrency" must be'],
    [['double', [1], { errors: 'ignore' }], '"errors" must be'],
    [['double', [1], { idempotencyKey: 'a' }], 'There is no option "idempotencyKey"'],
    [['double', [1], { id: 'a' }], '"id" must be a function'],
  ])('refuses %j', async (args, message) => {
    const jobs = await setup.connect()
    const map = jobs.map as (...all: unknown[]) => PromiseLike<unknown>
    await expect(Promise.resolve(map(...args))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(message),
    })
    expect(setup.peer.sockets).toHaveLength(0)
  })
})

describe('stream', () => {
  it('yields each output as its job ends', async () => {
    answerByDoubling()
    const jobs = await setup.connect()
    const seen: number[] = []
    for await (const { index, value } of jobs.stream('double', [1, 2, 3])) {
      expect(value).toBe((index + 1) * 2)
      seen.push(index)
    }
    expect(seen).toEqual([2, 1, 0])
  })
})

describe('a map of 50,000 items', () => {
  it('needs no more memory the longer it runs', async () => {
    const jobs = await setup.connect({ openSocket: openDoublingSocket })
    function* inputs() {
      for (let n = 0; n < 50_000; n++) yield { n, text: 'x'.repeat(100) }
    }
    let read = 0
    const heaps: number[] = []
    for await (const output of jobs.map('double', inputs())) {
      expect(output === read).toBe(true)
      // Measured during the map: once it is over, it holds nothing anyway.
      if (++read % 10_000 === 9_000) heaps.push(heapBytes())
    }
    expect(read).toBe(50_000)
    // The ids of the 40,000 jobs between the two alone would be more. `npm run bench:map` does the same with a million.
    expect(heaps.at(-1)! - heaps[0]!).toBeLessThan(1024 * 1024)
  }, 60_000)
})

/** Notes whether a socket keeps the process alive. */
function noting(held: boolean[], socket: Socket): Socket {
  return { ...socket, hold: (wanted) => void held.push(wanted) }
}

/** Returns the used heap after a garbage collection, which a flag makes available at run time. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

/** A socket without a network: ends every job with the number in its input. */
const openDoublingSocket: OpenSocket = (_url, events) => {
  queueMicrotask(() => events.opened())
  return {
    send(text) {
      const frame = JSON.parse(text) as SubmitFrame
      const jobs = frame.jobs.map(({ id }) => ({ id, status: 'pending', version: 1 }))
      const ends = frame.jobs.map(({ id, input }) => success(id!, (input as { n: number }).n))
      setImmediate(() => {
        events.received(JSON.stringify({ type: 'accepted', ref: frame.ref, jobs }))
        events.received(JSON.stringify({ type: 'jobs', jobs: ends }))
      })
    },
    close: () => setImmediate(() => events.closed()),
    terminate() {},
    hold() {},
  }
}
