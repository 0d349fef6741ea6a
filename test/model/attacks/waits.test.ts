import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Answer, Receiver } from '../../support/receiver.ts'
import { type AttackedCloud, startAttackedCloud } from './attacked-cloud.ts'

/** AWS allows about 120,000 messages in flight. Beyond it a queue delivers nothing to anybody. */
const MAX_IN_FLIGHT = 300
const ATTACKS = 320
const JOBS_PER_CALL = 100
const NEIGHBOUR_JOBS = 8
/** A neighbour's job waits at most twice what it waits alone, or no longer than this: without the cure it is 20 s. */
const SMALL_WAIT_MS = 4_000
const GIVE_UP_MS = 20_000

/** One namespace has more that waits than its queue may have in flight; another one's jobs do not wait for it. */
describe('what waits by the hundred stalls nobody else (I11)', () => {
  let attacked: AttackedCloud
  let receiver: Receiver
  let aloneMs: number
  let webhookAloneMs: number
  let namespaces = 0
  const figures: string[] = []

  beforeAll(async () => {
    process.env['JOBWIRE_WEBHOOK_TARGETS'] = 'any'
    attacked = await startAttackedCloud({ maxInFlight: MAX_IN_FLIGHT })
    receiver = await Receiver.listen()
    // The first ones wait for their function to start.
    await longestWait()
    await longestWebhookWait()
    aloneMs = await longestWait()
    webhookAloneMs = await longestWebhookWait()
  }, 60_000)
  afterAll(async () => {
    console.log(figures.join('\n'))
    await attacked.close()
    await receiver.close()
  })

  /** The longest of a few waits for a job of a namespace of its own, one after the other. */
  function longestWait(): Promise<number> {
    const namespace = `neighbour-${namespaces++}`
    return longestOf(async () => {
      const { id } = await attacked.submit(namespace, { task: 'noop' })
      return attacked.ended(namespace, id!)
    })
  }

  function longestWebhookWait(): Promise<number> {
    const namespace = `neighbour-${namespaces++}`
    return longestOf(async () => {
      await attacked.submit(namespace, { task: 'noop', webhook: { url: receiver.url(`/${namespace}`) } })
      return receiver.next(`/${namespace}`)
    })
  }

  async function longestOf(wait: () => Promise<unknown>): Promise<number> {
    let longest = 0
    for (let count = 0; count < NEIGHBOUR_JOBS && longest < GIVE_UP_MS; count++) {
      const begunAt = Date.now()
      let timer: NodeJS.Timeout | undefined
      const givenUp = new Promise((resolve) => {
        timer = setTimeout(resolve, GIVE_UP_MS)
      })
      // The cloud is closed at the end of the tests, and with it the waits that were given up.
      await Promise.race([wait().catch(() => undefined), givenUp])
      clearTimeout(timer)
      longest = Math.max(longest, Date.now() - begunAt)
    }
    return longest
  }

  async function attack(job: object, count = ATTACKS): Promise<string> {
    const namespace = `attacker-${namespaces++}`
    for (let sent = 0; sent < count; sent += JOBS_PER_CALL) {
      const jobs = Array.from({ length: Math.min(JOBS_PER_CALL, count - sent) }, () => job)
      await attacked.rest(namespace, 'POST', '/jobs', { jobs })
    }
    return namespace
  }

  async function until(isReached: () => Promise<boolean>): Promise<void> {
    while (!(await isReached())) await new Promise((resolve) => setTimeout(resolve, 100))
  }

  /** Returns true once so many jobs of a namespace wait for a retry as may be in flight. */
  async function haveFailedOnce(namespace: string): Promise<boolean> {
    let tried = 0
    let cursor: string | undefined
    do {
      const page = await attacked.rest(
        namespace,
        'GET',
        `/jobs?limit=500${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      )
      tried += page.jobs.filter(({ attempts }: { attempts: number }) => attempts > 0).length
      cursor = page.cursor
    } while (cursor !== undefined)
    return tried >= MAX_IN_FLIGHT
  }

  function expectSmall(what: string, waitMs: number, alone: number): void {
    figures.push(`${what}: ${waitMs} ms, alone ${alone} ms`)
    expect(waitMs).toBeLessThan(Math.max(2 * alone, SMALL_WAIT_MS))
  }

  it.each(['12h', '1s'])(
    '320 failing jobs with 100 attempts and a backoff of %s',
    async (initial) => {
      const backoff = { initial, cap: initial }
      const namespace = await attack({ task: 'fails', attempts: 100, backoff })
      await until(() => haveFailedOnce(namespace))
      expectSmall(`a job beside 320 that wait for a retry (${initial})`, await longestWait(), aloneMs)
    },
    120_000,
  )

  it('600 jobs that wait for one slot', async () => {
    await attack({ task: 'limited', input: { ms: 500 } }, 600)
    for (let round = 1; round <= 3; round++) {
      expectSmall(`a job beside 600 that wait for a slot, round ${round}`, await longestWait(), aloneMs)
    }
  }, 120_000)

  it('400 webhooks to a receiver that is down', async () => {
    receiver.answers(
      '/down',
      Array.from({ length: 1_000 }, (): Answer => ({ status: 503, headers: { 'retry-after': '600' } })),
    )
    await attack({ task: 'noop', webhook: { url: receiver.url('/down') } }, 400)
    await until(async () => receiver.received('/down').length >= MAX_IN_FLIGHT)
    expectSmall('a webhook beside 400 that wait', await longestWebhookWait(), webhookAloneMs)
  }, 120_000)
})
