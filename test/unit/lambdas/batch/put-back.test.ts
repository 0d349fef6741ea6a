import { describe, expect, it } from '@jest/globals'
import { createPutBack } from '../../../../lambdas/domain/batch/put-back.ts'
import { createPlatform, itemOf, jobOf } from '../../fakes/platform.ts'

const SOON_MS = 500
const LATER_MS = 3 * 3_600_000

async function setUp(ids: readonly string[] = ['a', 'b', 'c']) {
  const platform = createPlatform()
  const items = ids.map((id) => itemOf(jobOf(id)))
  const held = await platform.hold.keep(items)
  platform.hold.calls.length = 0
  return { ...platform, items, putBack: createPutBack(platform, held), now: platform.clock.now() }
}

describe('a message that is put back for later', () => {
  it.each([0, SOON_MS, LATER_MS])('in %i ms gets a new message in its place, and is acknowledged', async (waitMs) => {
    const { putBack, items, queue, redelivery, hold, now } = await setUp()
    putBack.later(items, now + waitMs)
    expect(await putBack.done()).toEqual([])
    expect(queue.sentLater(now)).toEqual(
      items.map(({ itemId, message }) => ({ message: { ...message, origin: itemId }, delayMs: waitMs })),
    )
    // Nobody may see it again before it is deleted.
    expect([redelivery.calls, hold.calls]).toEqual([[], []])
  })

  it('keeps the name of the first message of its job, and forgets what an earlier one knew of a lost run', async () => {
    const { putBack, items, queue, now } = await setUp(['a'])
    const [item] = items
    const lost = { run: 3, receives: 1, waits: 2 }
    const worn = { ...item!, message: { ...item!.message, origin: 'first', rescue: true, lost } } as const
    putBack.later([worn], now)
    putBack.later([worn], now, { ...lost, waits: 3 })
    await putBack.done()
    const { lost: _lost, ...rest } = worn.message
    expect(queue.sent).toEqual([rest, { ...rest, lost: { ...lost, waits: 3 } }])
  })

  it('is hidden and comes again itself if no new one can be sent, and the others are sent', async () => {
    const { putBack, items, queue, redelivery, hold, now } = await setUp()
    queue.failing.add('b')
    putBack.later(items, now + LATER_MS)
    expect(await putBack.done()).toEqual(['item-b'])
    expect(queue.sent.map(({ id }) => id)).toEqual(['a', 'c'])
    expect(redelivery.delays()).toEqual({ 'receipt-b': LATER_MS })
    expect(hold.calls).toEqual(['drop item-b'])
  })

  it('is hidden like all others of its call if the call fails', async () => {
    const { putBack, items, queue, redelivery, now } = await setUp(['a', 'b'])
    queue.send = () => Promise.reject(new Error('no SQS'))
    putBack.later(items, now + LATER_MS)
    expect(await putBack.done()).toEqual(['item-a', 'item-b'])
    expect(redelivery.delays()).toEqual({ 'receipt-a': LATER_MS, 'receipt-b': LATER_MS })
  })
})

describe('a message that is tried again', () => {
  it('is hidden for a moment, and no longer held', async () => {
    const { putBack, items, queue, redelivery, hold, now } = await setUp(['a'])
    putBack.retry(items, now + SOON_MS)
    expect(await putBack.done()).toEqual(['item-a'])
    expect(redelivery.delays()).toEqual({ 'receipt-a': SOON_MS })
    expect(hold.calls).toEqual(['drop item-a'])
    expect(queue.sent).toEqual([])
  })
})

it('messages that are put back at about the same time share a call, and wait for no others', async () => {
  const { putBack, items, redelivery, clock, now } = await setUp()
  putBack.retry(items.slice(0, 1), now + SOON_MS)
  await clock.advance(20)
  putBack.retry(items.slice(1, 2), now + SOON_MS)
  await clock.advance(10)
  expect(redelivery.calls.map((call) => call.length)).toEqual([2])
  putBack.retry(items.slice(2), now + SOON_MS)
  expect(await putBack.done()).toEqual(['item-a', 'item-b', 'item-c'])
  expect(redelivery.calls.map((call) => call.length)).toEqual([2, 1])
})
