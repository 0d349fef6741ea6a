import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success, until } from '../../peer/scripted-peer.ts'

/** Shorter than the silence before a ping. */
const LATER_MS = 3 * 60_000
const setup = usePeer()

/** Makes a token callback whose tokens contain the time. */
function tokensOf(clock: ManualClock): () => Promise<string> {
  return async () => `given-at-${clock.now()}`
}

describe('a client whose tokens expire, and which gets fresh ones', () => {
  it('goes on with a map across connections, each opened with the token of its time', async () => {
    const clock = new ManualClock()
    setup.peer.onFrame = (frame, from) => {
      setup.peer.answer(frame, from)
      if (frame.type === 'submit')
        for (const { id, input } of frame.jobs) setup.peer.known.set(id!, success(id!, input!))
    }
    const jobs = await setup.connect({ clock }, { token: tokensOf(clock) })
    const mapped = jobs.map('echo', [1, 2, 3]).then((values) => values)
    await until(() => setup.peer.known.size === 3)
    const begunAt = clock.now()
    await clock.advance(LATER_MS)
    setup.peer.socket.drop()
    await until(() => setup.peer.sockets.length > 1 || (clock.advance(1_000), false))
    expect(await mapped).toEqual([1, 2, 3])
    const tokens = setup.peer.sockets.map(({ query }) => query.get('token'))
    expect(tokens[0]).toBe(`given-at-${begunAt}`)
    expect(Number(tokens[1]!.slice('given-at-'.length))).toBeGreaterThanOrEqual(begunAt + LATER_MS)
  })

  it('needs no new one for an open connection, whose token was checked when it opened', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock }, { token: tokensOf(clock) })
    const job = await jobs.submit('echo', 1)
    const result = job.result()
    await clock.advance(LATER_MS)
    const later = await jobs.submit('echo', 2)
    setup.peer.socket.push(success(job.id, 1), success(later.id, 2))
    expect([await result, await later.result()]).toEqual([1, 2])
    expect(setup.peer.handshakes).toBe(1)
  })

  it('rejects its waits only if even the fresh one is refused', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock }, { token: tokensOf(clock) })
    const mapped = jobs.map('echo', [1, 2]).then((values) => values)
    await until(() => setup.peer.sockets.length === 1 && setup.peer.socket.framesOf('submit').length === 1)
    const failure = mapped.catch((error: unknown) => error)
    setup.peer.refuseSockets = 401
    setup.peer.onRequest = () => [401, { error: { code: 'UNAUTHENTICATED', message: 'A valid token is needed.' } }]
    setup.peer.socket.drop()
    let settled = false
    void failure.then(() => (settled = true))
    await until(() => settled || (clock.advance(1_000), false))
    expect(await failure).toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})
