import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { JobUpdate } from '../../protocol/job/job.ts'
import { connectWith } from '../../sdk/src/connect.ts'
import { openNodeSocket } from '../../sdk/src/wire/node-socket.ts'
import { observed } from '../support/observed-socket.ts'
import { modelAssembly } from './support/assembly.ts'
import { ask } from './support/ask.ts'
import { startWorld, type World } from './support/world.ts'

const STEP_MS = 10_000
const STEPS_PER_MINUTE = 6
const MINUTES = 240
/** Longer than the idle limit of ten minutes. */
const SILENT_MINUTES = 60
/** The limit of API Gateway, and so of the local cloud. */
const LIFETIME_MS = 2 * 3_600_000

describe('a client that waits for five hours', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld(await modelAssembly())
  }, 60_000)
  afterAll(() => world.close())

  it('replaces its connection before the platform ends it, misses nothing, and is never offline', async () => {
    const { clock } = world
    const namespace = world.newNamespace()
    const sdkClock = { now: () => clock.now(), after: (ms: number, ring: () => void) => clock.after(ms, ring) }
    const sockets = observed(openNodeSocket, sdkClock.now)
    const jobs = await connectWith(
      { openSocket: sockets.open, clock: sdkClock },
      { url: world.restUrl, token: () => world.token(namespace), transport: 'socket' },
    )
    try {
      const states: string[] = []
      for (const event of ['online', 'offline', 'reconnecting'] as const) jobs.on(event, () => states.push(event))
      const delayed = jobs.run('value', null, { delay: '4h', ttl: '1d' })
      await ask(world, namespace, 'POST', '/jobs/report/publish', { progress: { message: '0' } })
      const reports = jobs.watch(['report'])
      const next = async (): Promise<JobUpdate> => (await reports.next()).value as JobUpdate
      const first = await next()
      expect(first).toMatchObject({ progress: { message: '0' } })

      const pass = async (minutes: number): Promise<void> => {
        for (let step = 0; step < minutes * STEPS_PER_MINUTE; step++) {
          await clock.advance(STEP_MS)
          await sockets.settled()
        }
      }
      const report = async (number: number): Promise<void> => {
        const progress = { message: String(number) }
        await ask(world, namespace, 'POST', '/jobs/report/publish', { progress })
        expect(await next()).toMatchObject({ version: first.version + number, progress })
      }

      for (let minute = 1; minute <= MINUTES; minute++) {
        await pass(1)
        await report(minute)
      }
      await pass(SILENT_MINUTES)
      await report(MINUTES + 1)
      expect(await delayed).toEqual(expect.any(String))
      expect(states).toEqual(['online'])
      const [one, two, three, ...more] = sockets.connections
      expect(more).toEqual([])
      const lives = [one!, two!].map(({ openedMs, closedMs }) => closedMs! - openedMs)
      expect(Math.max(...lives)).toBeLessThan(LIFETIME_MS)
      expect([one, two]).toMatchObject([{ closedByClient: true }, { closedByClient: true }])
      expect(two!.openedMs).toBeLessThan(one!.closedMs!)
      expect(three!.openedMs).toBeLessThan(two!.closedMs!)
      expect(three!.closedMs).toBeUndefined()
    } finally {
      await jobs.close()
    }
  }, 120_000)
})
