import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { JobState } from '../../../../lambdas/domain/job/job-state.ts'
import { applyFailure, applySuccess } from '../../../../lambdas/domain/job/job-state.ts'
import { offloadingQueue, offloadingStore, payloadKey } from '../../../../lambdas/domain/payloads/offload-payloads.ts'
import { toUpdate } from '../../../../lambdas/domain/job/tell-job.ts'
import { runBatch } from '../../../../lambdas/domain/run/run-batch.ts'
import * as limits from '../../../../protocol/kit/limits.ts'
import { carriedBytes, exceedsPayload, RETENTION_DAYS } from '../../../../protocol/job/payload.ts'
import type { QueueMessage } from '../../../../protocol/job/queue-message.ts'
import { LONGEST_RUN_MS } from '../../fakes/batch.ts'
import { createPlatform, itemOf, jobOf, messageOf } from '../../fakes/platform.ts'

const DAY_MS = 86_400_000
const LARGE = 'x'.repeat(limits.MAX_INLINE_BYTES)
const KEY = { namespace: 'acme', id: 'large' }
const large = jobOf('large', 'echo', { input: LARGE })
const small = jobOf('small', 'echo', { input: 'x' })

function createOffloading() {
  const platform = createPlatform()
  return {
    ...platform,
    inner: platform.store,
    store: offloadingStore(platform.store, platform),
    queue: offloadingQueue(platform.queue, platform),
    sent: platform.queue.sent,
  }
}

function succeeded(state: JobState, output: string): JobState {
  const transition = applySuccess(state, { output, startedAt: 1, finishedAt: 2 })
  if (!transition.ok) throw new Error(transition.refusal)
  return transition.state
}

/** The largest text that is kept in the record: two quotes around it. */
const LARGEST_INLINE = 'x'.repeat(limits.MAX_INLINE_BYTES - 2)

describe('small payloads', () => {
  it('are passed on unchanged, and cause no call', async () => {
    const { store, inner, queue, sent, payloads } = createOffloading()
    const job = jobOf('small', 'echo', { input: LARGEST_INLINE })
    await store.insert([job], undefined)
    await queue.send([messageOf(job)], new Map())
    const [stored] = await store.load([job], 'strong')
    const state = succeeded(stored!.state, LARGEST_INLINE)
    expect(await store.writeMany([{ job: stored!, state }])).toMatchObject([{ id: 'small', state }])
    expect(await store.read(job)).toMatchObject({ input: LARGEST_INLINE, output: LARGEST_INLINE })
    expect(sent).toEqual([messageOf(job)])
    expect(inner.calls).toEqual(['insert', 'load', 'writeMany', 'find'])
    expect(payloads.calls).toEqual([])
  })
})

describe('a large input', () => {
  it('is stored before the record that points at it, and comes back whole', async () => {
    const { store, inner, payloads } = createOffloading()
    inner.before = () => expect(payloads.objects.size).toBe(1)
    expect(await store.insert([large, small], undefined)).toEqual([{ kind: 'inserted' }, { kind: 'inserted' }])
    expect((await inner.find(KEY))!.record).toMatchObject({ input: null, inputOmitted: true })
    const record = await store.read(KEY)
    expect(record!.input).toBe(LARGE)
    expect(record).not.toHaveProperty('inputOmitted')
    expect((await store.find(KEY))!.record.input).toBe(LARGE)
  })

  it('that cannot be stored leaves no record, and does not affect the other jobs', async () => {
    const { store, inner, payloads } = createOffloading()
    payloads.before = () => {
      throw new Error('no bucket')
    }
    expect(await store.insert([large, small], undefined)).toEqual([{ kind: 'unavailable' }, { kind: 'inserted' }])
    expect(inner.state('large')).toBeUndefined()
  })

  it('of a known job is compared with the resubmitted one, and stays as it is', async () => {
    const { store, payloads } = createOffloading()
    await store.insert([large], undefined)
    const [same] = await store.insert([large], undefined)
    expect(same).toMatchObject({ kind: 'existed', record: { input: LARGE } })
    const [other] = await store.insert([{ ...large, input: 'y'.repeat(LARGE.length) }], undefined)
    expect(other).toMatchObject({ kind: 'existed', record: { input: LARGE } })
    const [little] = await store.insert([{ ...large, input: null }], undefined)
    expect(little).toMatchObject({ kind: 'existed', record: { input: null, inputOmitted: true } })
    expect(payloads.objects.size).toBe(2)
    expect(await store.read(KEY)).toMatchObject({ input: LARGE })
  })

  it('travels as a pointer, and stays due at the same time', async () => {
    const { queue, payloads } = createOffloading()
    const calls: [readonly QueueMessage[], ReadonlyMap<QueueMessage, number>][] = []
    const spied = offloadingQueue(
      {
        send: (messages, due) => {
          calls.push([messages, due])
          return Promise.resolve(messages)
        },
      },
      createPlatform(),
    )
    const message = messageOf(large)
    const unsent = await spied.send([message], new Map([[message, 7]]))
    expect(unsent).toEqual([message])
    const [[sent, due]] = calls as [[QueueMessage[], Map<QueueMessage, number>]]
    expect(sent[0]).toMatchObject({ input: null, inputRef: { bytes: LARGE.length + 2 } })
    expect(due.get(sent[0]!)).toBe(7)

    payloads.before = () => {
      throw new Error('no bucket')
    }
    expect(await queue.send([message, messageOf(small)], new Map())).toEqual([message])
  })
})

describe('a run with a large input', () => {
  function createRun() {
    const platform = createOffloading()
    const inputs: unknown[] = []
    const tasks = { echo: { run: (input: unknown) => void inputs.push(input) } }
    return {
      ...platform,
      inputs,
      async run() {
        await platform.store.insert([large], undefined)
        await platform.queue.send([messageOf(large)], new Map())
        const item = { ...itemOf(large), message: platform.sent[0]! }
        const ports = { ...platform, tasks, redelivery: platform.redelivery }
        const again = runBatch(ports, [item], { deadline: platform.clock.now() + 60_000, longestRunMs: LONGEST_RUN_MS })
        await platform.clock.advance(1_000)
        return again
      },
    }
  }

  it('gets it before the task begins', async () => {
    const { run, inputs, inner } = createRun()
    expect(await run()).toEqual([])
    expect(inputs).toEqual([LARGE])
    expect(inner.state('large')).toMatchObject({ status: 'success' })
  })

  it('comes again if the input cannot be read now, and counts no attempt', async () => {
    const { run, inputs, inner, payloads, redelivery } = createRun()
    payloads.before = (call) => {
      if (call === 'get') throw new Error('S3 is away')
    }
    expect(await run()).toEqual(['item-large'])
    expect(Object.values(redelivery.delays())[0]).toBeGreaterThan(0)
    expect(inputs).toEqual([])
    expect(inner.state('large')).toMatchObject({ status: 'pending', attempts: 0 })
  })

  it('fails for good if the input is gone', async () => {
    const { run, inputs, inner, payloads } = createRun()
    payloads.before = (call) => {
      if (call === 'get') payloads.objects.clear()
    }
    expect(await run()).toEqual([])
    expect(inputs).toEqual([])
    expect(inner.state('large')).toMatchObject({ status: 'failed', error: { code: 'INPUT_GONE', retryable: false } })
  })
})

describe('a large output', () => {
  async function createRunning() {
    const platform = createOffloading()
    await platform.store.insert([jobOf('large'), small], undefined)
    const [stored, other] = await platform.store.load([KEY, small], 'strong')
    const change = { job: stored!, state: succeeded(stored!.state, LARGE) }
    return { ...platform, change, neighbour: { job: other!, state: succeeded(other!.state, 'x') } }
  }

  it.each(['write', 'writeMany'] as const)('is stored before the record that points at it: %s', async (how) => {
    const { store, inner, payloads, change, neighbour } = await createRunning()
    const storedBefore: Record<string, number> = {}
    inner.before = (call) => void (storedBefore[call] = payloads.objects.size)
    await (how === 'write' ? store.write(change) : store.writeMany([change, neighbour]))
    expect(storedBefore).toEqual({ [how]: 1 })
    expect(inner.state('large')).not.toHaveProperty('output')
    expect(await store.read(KEY)).toMatchObject({ status: 'success', output: LARGE })
  })

  it('that cannot be stored leaves the record as it is', async () => {
    const { store, inner, payloads, change } = await createRunning()
    payloads.before = () => {
      throw new Error('no bucket')
    }
    await expect(store.write(change)).rejects.toThrow('no bucket')
    await expect(store.writeMany([change])).rejects.toThrow('no bucket')
    expect(inner.state('large')).toMatchObject({ status: 'pending' })
  })

  it('is shown as omitted in the state, and its place is shown to nobody', async () => {
    const { store, change } = await createRunning()
    await store.write(change)
    const [stored] = await store.load([KEY], 'strong')
    const update = toUpdate('large', stored!.state)
    expect(update).toMatchObject({ status: 'success', outputOmitted: true })
    expect(JSON.stringify([update, await store.read(KEY)])).not.toContain('Ref')
  })

  it('that is gone is an error, and never an empty output', async () => {
    const { store, payloads, change } = await createRunning()
    await store.write(change)
    payloads.objects.clear()
    await expect(store.read(KEY)).rejects.toThrow(/is gone/)
  })

  it('comes without the input if both would not fit in an answer', async () => {
    const { store } = createOffloading()
    const most = 'x'.repeat(limits.MAX_PAYLOAD_BYTES - 4)
    await store.insert([jobOf('large', 'echo', { input: most })], undefined)
    const [stored] = await store.load([KEY], 'strong')
    await store.write({ job: stored!, state: succeeded(stored!.state, most) })
    const record = await store.read(KEY)
    expect(record).toMatchObject({ input: null, inputOmitted: true })
    expect(record!.output).toHaveLength(most.length)
    expect(carriedBytes(JSON.stringify(record))).toBeLessThan(5_500_000)
  })
})

describe('a job that runs again', () => {
  it('has its large input stored again, for as long as its new record', async () => {
    const { store, payloads, clock } = createOffloading()
    await store.insert([large], undefined)
    const [stored] = await store.load([KEY], 'strong')
    const error = { code: 'NO', message: 'no', retryable: true }
    const failed = applyFailure(stored!.state, { error, finishedAt: 2 })
    await store.write({ job: stored!, state: failed.ok ? failed.state : stored!.state })
    const seen = (await store.find(KEY))!.record
    payloads.objects.clear()
    const again = { ...large, createdAt: large.createdAt + 1, expiresAt: clock.now() + 30 * DAY_MS }
    expect(await store.rerun(again, seen, undefined)).toMatchObject({ state: { status: 'pending' } })
    expect([...payloads.objects.keys()]).toEqual([expect.stringMatching(/^32d\//)])
  })
})

describe('the key of a payload', () => {
  it('keeps the payload for at least as long as its record and a day', async () => {
    const longest = (RETENTION_DAYS.at(-1)! - 1) * DAY_MS
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: longest }), async (ttlMs) => {
        const key = await payloadKey({ ...KEY, createdAt: 1_000 }, '"x"', { expiresAt: 1_000 + ttlMs, now: 1_000 })
        const days = Number(/^(\d+)d\//.exec(key)![1])
        expect(days * DAY_MS).toBeGreaterThanOrEqual(ttlMs + DAY_MS)
        expect(RETENTION_DAYS).toContain(days)
      }),
    )
    // The longest TTL that settings and requests allow.
    expect(longest).toBeGreaterThan(3_650 * DAY_MS + limits.MAX_DELAY_MS)
    expect(longest).toBeGreaterThan(limits.MAX_TTL_MS)
  })

  it('depends on the life of the job and the content only, and is in the folder of the job', async () => {
    const at = { expiresAt: DAY_MS, now: 0 }
    const life = { namespace: 'acme', id: '..', createdAt: 7 }
    const key = await payloadKey(life, '"x"', at)
    expect(key).toMatch(/^2d\/ns=acme\/id=\.\.\/7\/[0-9a-f]{64}$/)
    expect(await payloadKey(life, '"x"', at)).toBe(key)
    expect(await payloadKey(life, '"y"', at)).not.toBe(key)
    expect(await payloadKey({ ...life, namespace: 'other' }, '"x"', at)).not.toBe(key)
    expect(await payloadKey({ ...life, createdAt: 8 }, '"x"', at)).not.toBe(key)
  })
})

describe('a removed job', () => {
  const end = async ({ store }: ReturnType<typeof createOffloading>) => {
    const [stored] = await store.load([large], 'strong')
    await store.write({ job: stored!, state: succeeded(stored!.state, LARGE + LARGE) })
  }

  it('takes its payloads with it, and none of a new job with the same id and input', async () => {
    const platform = createOffloading()
    const { store, payloads } = platform
    await store.insert([large], undefined)
    await end(platform)
    expect(payloads.objects.size).toBe(2)
    // A submit that overlaps with the delete has stored its input already.
    const next = { ...large, createdAt: large.createdAt + 1 }
    const [key] = [...payloads.objects.keys()]
    await platform.queue.send([messageOf(next)], new Map())
    expect(await store.remove(KEY)).toMatchObject({ kind: 'removed' })
    expect([...payloads.objects.keys()]).toEqual([expect.stringContaining(`/${next.createdAt}/`)])
    expect(payloads.objects.has(key!)).toBe(false)
    await store.insert([next], undefined)
    expect((await store.read(KEY))!.input).toBe(LARGE)
  })

  it('is removed even if its payloads cannot be', async () => {
    const platform = createOffloading()
    await platform.store.insert([large], undefined)
    await end(platform)
    platform.payloads.before = () => {
      throw new Error('no bucket')
    }
    expect(await platform.store.remove(KEY)).toMatchObject({ kind: 'removed' })
    expect(await platform.store.read(KEY)).toBeUndefined()
  })
})

describe('sizes', () => {
  it('count the escapes of JSON within JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value)
        expect(carriedBytes(json)).toBe(Buffer.byteLength(JSON.stringify(json)) - 2)
      }),
    )
    expect(carriedBytes('"Grüße 🌍 \\n €"')).toBe(Buffer.byteLength(JSON.stringify('"Grüße 🌍 \\n €"')) - 2)
  })

  it('are too much from the first byte over the limit', () => {
    for (const [letter, bytes] of [
      ['x', 1],
      ['é', 2],
      ['€', 3],
      ['"', 2],
    ] as const) {
      const most = letter.repeat(Math.floor(limits.MAX_PAYLOAD_BYTES / bytes))
      expect(exceedsPayload(most)).toBe(false)
      expect(exceedsPayload(most + letter)).toBe(true)
    }
  })

  it('of messages are far below the limit of SQS, whatever a job has', async () => {
    const { queue, sent } = createOffloading()
    const most = {
      ...messageOf(jobOf('i'.repeat(limits.MAX_ID_LENGTH), 't'.repeat(limits.MAX_TASK_NAME_LENGTH))),
      input: LARGEST_INLINE,
      namespace: 'n'.repeat(limits.MAX_ID_LENGTH),
      group: '€'.repeat(limits.MAX_GROUP_LENGTH),
      attempts: limits.MAX_ATTEMPTS,
      backoffInitialMs: limits.MAX_BACKOFF_MS,
      backoffCapMs: limits.MAX_BACKOFF_MS,
      timeoutMs: limits.MAX_TIMEOUT_MS,
      startBy: Number.MAX_SAFE_INTEGER,
    }
    await queue.send([most, { ...most, input: LARGE }], new Map())
    const bytes = sent.map((message) => Buffer.byteLength(JSON.stringify(message)))
    // The SDK sends the body of a message as JSON, which escapes its quotes once more.
    expect(Math.max(...bytes)).toBeLessThan(limits.MAX_INLINE_BYTES + 4_096)
    expect(bytes[1]).toBeLessThan(2_048)
  })
})
