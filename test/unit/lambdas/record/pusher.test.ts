import { describe, expect, it } from '@jest/globals'
import type { PostResult } from '../../../../lambdas/domain/record/post-message.ts'
import { createPusher } from '../../../../lambdas/domain/record/push-updates.ts'
import type { Push } from '../../../../lambdas/domain/record/pusher.ts'
import type { SessionRegistry } from '../../../../lambdas/domain/sessions/session-registry.ts'
import { ManualClock } from '../../../../local/clock.ts'
import type { JobsFrame } from '../../../../protocol/wire/frames.ts'
import { MAX_SOCKET_MESSAGE_BYTES } from '../../../../protocol/kit/limits.ts'

interface Post {
  readonly connectionId: string
  readonly ids: string[]
  readonly bytes: number
}

function setUp(current: Record<string, string> = {}) {
  const clock = new ManualClock()
  const posts: Post[] = []
  const lookedUp: string[] = []
  const unwatched: string[] = []
  const frames: JobsFrame[] = []
  const answers = new Map<string, PostResult | Error | (() => Promise<PostResult>)>()
  const registry: SessionRegistry = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    connectionOf: (namespace, session) => {
      lookedUp.push(`${namespace}/${session}`)
      return Promise.resolve(current[session])
    },
  }
  const logged: string[] = []
  const pusher = createPusher({
    post: async (connectionId, message) => {
      const frame = JSON.parse(message) as JobsFrame
      frames.push(frame)
      posts.push({ connectionId, ids: frame.jobs.map(({ id }) => id), bytes: Buffer.byteLength(message) })
      const answer = answers.get(connectionId) ?? { kind: 'sent' }
      if (answer instanceof Error) throw answer
      return typeof answer === 'function' ? answer() : answer
    },
    registry,
    store: {
      unwatch: async ({ id }, watchers) => void unwatched.push(`${id} ${watchers.join()}`),
    },
    clock,
    log: (_level, message) => void logged.push(message),
  })
  return { pusher, clock, posts, frames, answers, lookedUp, unwatched, logged }
}

function delivery(id: string, watchers: string[], output: string = 'ok'): Push {
  return { namespace: 'acme', watchers, update: { id, version: 2, status: 'success', attempts: 0, output } }
}

describe('pushes', () => {
  it('to one connection share a message, and each connection gets its own', async () => {
    const { pusher, posts } = setUp()
    await pusher.push([delivery('a', ['s@1']), delivery('b', ['s@1', 't@2']), delivery('c', ['s@1'])])
    expect(posts).toMatchObject([
      { connectionId: '1', ids: ['a', 'b', 'c'] },
      { connectionId: '2', ids: ['b'] },
    ])
  })

  it('that come while one is under way share the next message', async () => {
    const { pusher, posts, answers } = setUp()
    let release!: (result: PostResult) => void
    answers.set('1', () => new Promise((resolve) => (release = resolve)))
    const all = [pusher.push([delivery('a', ['s@1'])]), pusher.push([delivery('b', ['s@1'])])]
    all.push(pusher.push([delivery('c', ['s@1'])]))
    answers.delete('1')
    release({ kind: 'sent' })
    await Promise.all(all)
    expect(posts.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c']])
  })

  it('stay below the limit of a message, counted in bytes', async () => {
    const { pusher, posts } = setUp()
    const output = 'ä'.repeat(20_000)
    await pusher.push(Array.from({ length: 7 }, (_, index) => delivery(`j${index}`, ['s@1'], output)))
    expect(posts.map(({ ids }) => ids.length)).toEqual([3, 3, 1])
    for (const { bytes } of posts) expect(bytes).toBeLessThanOrEqual(MAX_SOCKET_MESSAGE_BYTES)
  })

  it('leave out an output that is too large by itself', async () => {
    const { pusher, frames } = setUp()
    await pusher.push([delivery('a', ['s@1'], 'x'.repeat(MAX_SOCKET_MESSAGE_BYTES))])
    expect(frames[0]?.jobs).toEqual([{ id: 'a', version: 2, status: 'success', attempts: 0, outputOmitted: true }])
  })
})

describe('a connection that is gone', () => {
  it('is looked up, and its session gets the push on its present connection', async () => {
    const { pusher, posts, answers, lookedUp } = setUp({ s: 'new' })
    answers.set('old', { kind: 'gone' })
    await pusher.push([delivery('a', ['s@old']), delivery('b', ['s@old'])])
    expect(posts).toMatchObject([
      { connectionId: 'old', ids: ['a', 'b'] },
      { connectionId: 'new', ids: ['a', 'b'] },
    ])
    expect(lookedUp).toEqual(['acme/s'])
  })

  it('is not tried again', async () => {
    const { pusher, posts, answers } = setUp({ s: 'new' })
    answers.set('old', { kind: 'gone' })
    await pusher.push([delivery('a', ['s@old'])])
    await pusher.push([delivery('b', ['s@old'])])
    expect(posts.map(({ connectionId }) => connectionId)).toEqual(['old', 'new', 'new'])
  })

  it('does not count as gone if it was only found in the registry: it may still be opening', async () => {
    const { pusher, posts, answers } = setUp({ s: 'new' })
    answers.set('old', { kind: 'gone' }).set('new', { kind: 'gone' })
    await pusher.push([delivery('a', ['s@old'])])
    answers.delete('new')
    await pusher.push([delivery('b', ['s@new'])])
    expect(posts.at(-1)).toMatchObject({ connectionId: 'new', ids: ['b'] })
    expect(posts).toHaveLength(3)
  })

  it('does not repeat a push that went to the present connection anyway', async () => {
    const { pusher, posts, answers } = setUp({ s: 'new' })
    answers.set('old', { kind: 'gone' })
    await pusher.push([delivery('a', ['s@old', 's@new'])])
    expect(posts.map(({ connectionId }) => connectionId).sort()).toEqual(['new', 'old'])
  })

  it.each([
    ['has no other connection', {}, ['old']],
    ['still has the same one', { s: 'old' }, ['old']],
    ['has another that is gone too', { s: 'new' }, ['old', 'new']],
  ])('is given up if the session %s', async (_, current, tried) => {
    const { pusher, posts, answers } = setUp(current)
    answers.set('old', { kind: 'gone' }).set('new', { kind: 'gone' })
    await pusher.push([delivery('a', ['s@old'])])
    expect(posts.map(({ connectionId }) => connectionId)).toEqual(tried)
  })
})

describe('a push that fails', () => {
  it('because of too many requests waits and is tried again', async () => {
    const { pusher, posts, answers, clock } = setUp()
    answers.set('1', { kind: 'throttled' })
    let ended = false
    const pushing = pusher.push([delivery('a', ['s@1'])]).then(() => (ended = true))
    await clock.advance(100)
    expect(ended).toBe(false)
    answers.delete('1')
    await clock.advance(10_000)
    await pushing
    expect(posts.length).toBeGreaterThanOrEqual(2)
    expect(new Set(posts.map(({ ids }) => ids.join()))).toEqual(new Set(['a']))
  })

  it('for too long is given up, and logged', async () => {
    const { pusher, posts, answers, clock, logged } = setUp()
    answers.set('1', { kind: 'throttled' })
    const pushing = pusher.push([delivery('a', ['s@1'])])
    await clock.advance(60_000)
    await pushing
    expect(posts).toHaveLength(6)
    expect(logged).toEqual(['A connection took no push for too long.'])
  })

  it('for any other reason is logged and never thrown, and the others are sent', async () => {
    const { pusher, posts, answers, logged } = setUp()
    answers.set('1', new Error('forbidden'))
    await pusher.push([delivery('a', ['s@1', 't@2'])])
    expect(posts).toHaveLength(2)
    expect(logged).toEqual(['A push failed.'])
  })
})

describe('a watcher that has no connection any more', () => {
  const progress = (id: string, watchers: string[]): Push => ({
    ...delivery(id, watchers),
    update: { id, version: 2, status: 'running', attempts: 0 },
  })

  it('is taken off a job that goes on, and costs its next pushes nothing', async () => {
    const { pusher, answers, posts, lookedUp, unwatched } = setUp({ moved: '9' })
    answers.set('1', { kind: 'gone' })
    answers.set('2', { kind: 'gone' })
    const push = progress('a', ['lost@1', 'moved@2', 'there@3'])
    await pusher.push([push])
    expect(posts.map(({ connectionId }) => connectionId).sort()).toEqual(['1', '2', '3', '9'])
    // A session that has another connection subscribes there by itself.
    expect(unwatched).toEqual(['a lost@1'])
    await pusher.push([push])
    expect(lookedUp.filter((session) => session === 'acme/lost')).toHaveLength(1)
    expect(unwatched).toHaveLength(1)
  })

  it('stays on a job that has ended, which is pushed no more', async () => {
    const { pusher, answers, unwatched } = setUp()
    answers.set('1', { kind: 'gone' })
    await pusher.push([delivery('a', ['lost@1'])])
    expect(unwatched).toEqual([])
  })
})
