import { describe, expect, it } from '@jest/globals'
import { handleFrameText } from '../../../../lambdas/handlers/sessions/socket-frames.ts'
import { MAX_SOCKET_MESSAGE_BYTES } from '../../../../protocol/kit/limits.ts'
import { submitJobs } from '../../../../lambdas/domain/submit/submit-jobs.ts'
import { subscribeSession } from '../../../../lambdas/domain/record/subscribe-session.ts'
import { accept } from '../../../../protocol/kit/parsed.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createPlatform, jobOf } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

it('a job with the most watchers can be submitted again, and its message is sent again', async () => {
  const platform = createPlatform()
  const { store, queue, logged } = platform
  await store.insert([jobOf('full')], undefined)
  store.full.add('full')
  const tasks = { echo: defineTask({ run: (input: unknown) => input }) }
  const ports = { ...platform, ...taskPorts(tasks) }
  const jobs = [accept({ id: 'full', task: 'echo', input: null })]
  expect(await submitJobs(ports, { namespace: 'acme', watcher: 's@c', jobs })).toEqual([
    { id: 'full', status: 'pending', version: 1, existed: true },
  ])
  expect(queue.sent).toMatchObject([{ id: 'full' }])
  expect(logged).toEqual([])
})

describe('a subscribe to a job with the most watchers', () => {
  const session = { namespace: 'acme', session: 's', connectionId: 'c' }

  async function setUp() {
    const platform = createPlatform()
    const { store } = platform
    await store.insert([jobOf('ended'), jobOf('full'), jobOf('waiting')], 'other@1')
    store.force('ended', { version: 2, status: 'success', attempts: 0, output: 7 })
    store.full.add('full')
    platform.registry.connections.set('other', '1')
    return { ...platform, ...taskPorts({}), waitMs: 60_000 }
  }

  it('is refused for that job alone: the others are watched and returned', async () => {
    const ports = await setUp()
    const answer = JSON.parse(
      await handleFrameText(ports, session, '{"type":"subscribe","ref":1,"ids":["ended","full","waiting"]}', 'r'),
    )
    expect(answer).toMatchObject({
      type: 'state',
      ref: 1,
      jobs: [
        { id: 'ended', status: 'success', output: 7 },
        { id: 'waiting', status: 'pending' },
      ],
      refused: [{ id: 'full', error: { code: 'THROTTLED' } }],
    })
    expect(ports.pusher.pushes).toEqual([])
    expect(await ports.store.load([jobOf('waiting')], 'strong')).toMatchObject([{ watchers: ['other@1', 's@c'] }])
  })

  it('is an error if no job could be watched, as clients know it that do not know of refused jobs', async () => {
    const ports = await setUp()
    const text = await handleFrameText(ports, session, '{"type":"subscribe","ref":1,"ids":["full","full"]}', 'r')
    expect(JSON.parse(text)).toMatchObject({ type: 'error', ref: 1, error: { code: 'THROTTLED' } })
  })

  it.each([
    ['no connection any more', undefined],
    ['another connection by now', '2'],
  ])('takes the place of a watcher whose session has %s', async (_what, connection) => {
    const ports = await setUp()
    ports.registry.connections.delete('other')
    if (connection !== undefined) ports.registry.connections.set('other', connection)
    expect(await subscribeSession(ports, session, ['full'])).toMatchObject({ jobs: [{ id: 'full' }], refused: [] })
    expect(await ports.store.load([jobOf('full')], 'strong')).toMatchObject([{ watchers: ['s@c'] }])
  })

  it('makes room again if other sessions took the room that it has made', async () => {
    const ports = await setUp()
    ports.registry.connections.delete('other')
    const { unwatch } = ports.store
    let others = 2
    ports.store.unwatch = async (key, watchers) => {
      await unwatch.call(ports.store, key, watchers)
      if (others-- === 0) return
      await ports.store.watch(key, 'other@1', ports.clock.now() + 60_000)
      ports.store.full.add(key.id)
    }
    expect(await subscribeSession(ports, session, ['full'])).toMatchObject({ jobs: [{ id: 'full' }], refused: [] })
  })

  it('fits in one message, however many jobs are refused', async () => {
    const ports = await setUp()
    const ids = Array.from({ length: 500 }, (_, index) => String(index).padEnd(128, 'x'))
    const known = ids.slice(1)
    await ports.store.insert(
      known.map((id) => jobOf(id)),
      'other@1',
    )
    for (const id of known) ports.store.full.add(id)
    const output = 'x'.repeat(90_000)
    await ports.store.insert([jobOf(ids[0]!)], undefined)
    ports.store.force(ids[0]!, { version: 2, status: 'success', attempts: 0, output })
    const text = await handleFrameText(ports, session, JSON.stringify({ type: 'subscribe', ref: 1, ids }), 'r')
    const answer = JSON.parse(text) as { jobs: unknown[]; refused: unknown[] }
    expect(text.length).toBeLessThan(MAX_SOCKET_MESSAGE_BYTES)
    expect(answer.refused).toHaveLength(499)
    expect(answer.jobs).toEqual([])
    expect(ports.pusher.updatesOf(ids[0]!)).toMatchObject([{ output }])
  })
})
