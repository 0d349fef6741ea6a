import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { verifyWebhook } from '@jobwire/sdk/webhook'
import { Receiver } from '../../support/receiver.ts'
import { ask, comeToRest } from '../support/ask.ts'
import { modelAssembly } from '../support/assembly.ts'
import { killAtEachCall, type Killed } from './kill-at-each-call.ts'
import type { Point } from '../sequences/sequence-faults.ts'
import type { Fault } from '../sequences/sequence.ts'
import { startWorld, type World } from '../support/world.ts'

const WAYS = ['run', 'cancel', 'publish'] as const

describe('a job with a webhook', () => {
  let world: World
  let receiver: Receiver

  beforeAll(async () => {
    // The receiver is on this machine.
    process.env['JOBWIRE_WEBHOOK_TARGETS'] = 'any'
    world = await startWorld(await modelAssembly())
    receiver = await Receiver.listen()
  }, 60_000)
  afterAll(async () => {
    await world.close()
    await receiver.close()
  })

  it.each(WAYS)(
    'is reported in the end, whichever AWS call its functions are killed at: %s',
    async (way) => {
      const [{ points, wrong }] = (await play([{ way, faults: [] }])) as [Played]
      expect(wrong).toEqual([])
      await killAtEachCall(points, (crashes) => play(crashes.map((crash) => ({ way, faults: [crash] }))))
    },
    120_000,
  )

  interface Played extends Killed {
    readonly points: readonly Point[]
  }

  async function play(plays: readonly { way: (typeof WAYS)[number]; faults: readonly Fault[] }[]): Promise<Played[]> {
    const players = plays.map(({ way, faults }) => ({ way, faults, namespace: world.newNamespace() }))
    await Promise.all(players.map((player) => begin(player)))
    await comeToRest(world)
    return Promise.all(
      players.map(async ({ namespace }) => ({ ...world.faults.disarm(namespace), wrong: await check(namespace) })),
    )
  }

  async function begin({ namespace, way, faults }: { namespace: string; way: string; faults: readonly Fault[] }) {
    const path = `/${namespace}`
    // The first request fails, so that there is another.
    receiver.answers(path, [503])
    world.faults.arm(namespace, faults)
    const webhook = { url: receiver.url(path), data: namespace }
    if (way === 'publish') {
      return ask(world, namespace, 'POST', '/jobs/a/publish', { status: 'success', output: 1, webhook })
    }
    await ask(world, namespace, 'POST', '/jobs', {
      id: 'a',
      task: 'value',
      webhook,
      ...(way === 'cancel' ? { delay: '10s' } : {}),
    })
    if (way === 'cancel') await ask(world, namespace, 'POST', '/jobs/a/cancel')
  }

  /** Returns everything that is wrong in the end. */
  async function check(namespace: string): Promise<string[]> {
    const received = receiver.received(`/${namespace}`)
    const { deliveries } = await ask(world, namespace, 'GET', '/jobs/a/deliveries')
    const { secret } = await ask(world, namespace, 'GET', '/webhooks/secret')
    const problems: string[] = []
    if (received.length < 2) problems.push(`${received.length} requests came`)
    if (new Set(received.map(({ headers }) => headers['webhook-id'])).size !== 1) {
      problems.push('they differ in their id')
    }
    for (const { body, headers } of received) {
      const now = () => Number(headers['webhook-timestamp']) * 1_000
      const { data } = await verifyWebhook(body, headers, secret, { now })
      if (data.job.id !== 'a' || data.data !== namespace) problems.push(`a request tells ${body}`)
    }
    const states = deliveries.map(({ state }: { state: string }) => state).join()
    if (states !== 'delivered') problems.push(`the log says ${states}`)
    return problems
  }
})
