import { describe, expect, it } from '@jest/globals'
import { failDeadLetters } from '../../../../lambdas/domain/dead-letters/fail-dead-letters.ts'
import { cancelJob } from '../../../../lambdas/domain/manage/cancel-jobs.ts'
import { failUnreadable } from '../../../../lambdas/domain/dead-letters/fail-unreadable.ts'
import type { NewJob } from '../../../../lambdas/domain/job/stored-job.ts'
import { publishJob } from '../../../../lambdas/domain/manage/publish-job.ts'
import { retryJob } from '../../../../lambdas/domain/manage/retry-job.ts'
import { submitJobs } from '../../../../lambdas/domain/submit/submit-jobs.ts'
import { accept } from '../../../../protocol/kit/parsed.ts'
import type { PublishBody } from '../../../../protocol/manage/publish.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createBatch } from '../../fakes/batch.ts'
import { itemOf, jobOf } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

const webhook = { url: 'https://example.com/jobs', data: { order: 17 } }
const tasks = {
  echo: defineTask({ run: (input: unknown) => input }),
  fail: defineTask({
    run: () => {
      throw Object.assign(new Error('Load tray 2.'), { code: 'OUT_OF_PAPER' })
    },
  }),
}

async function setUp(...jobs: NewJob[]) {
  const ports = { ...(await createBatch(tasks, jobs)), ...taskPorts(tasks) }
  // A message carries the policy of its job at its top level.
  const items = jobs.map((job) => itemOf({ ...job, ...job.policy }))
  const run = () => ports.run(items)
  return { ...ports, ports, items, run, key: { namespace: 'acme', id: 'a' } }
}

const jobWith = (overrides: Partial<NewJob> = {}, task = 'echo') => jobOf('a', task, { webhook, ...overrides })

describe('the webhook of a job', () => {
  it('reports its end, with its facts and the data of the submit', async () => {
    const facts = { metadata: { customer: 4 }, tags: ['vip'] }
    const { run, webhooks, clock, store } = await setUp(jobWith({ input: 7, ...facts }))
    expect(await run()).toEqual([])
    const { finishedAt, startedAt } = store.state('a')!
    expect(webhooks.sent).toEqual([
      {
        v: 1,
        webhookId: expect.stringMatching(/^msg_[\da-f]{32}$/),
        namespace: 'acme',
        jobId: 'a',
        createdAt: jobWith().createdAt,
        url: webhook.url,
        event: {
          type: 'job.success',
          timestamp: new Date(clock.now()).toISOString(),
          data: {
            job: {
              id: 'a',
              task: 'echo',
              ...facts,
              version: 2,
              status: 'success',
              attempts: 0,
              output: 7,
              startedAt,
              finishedAt,
            },
            data: webhook.data,
          },
        },
      },
    ])
  })

  it('leaves out an output that is too large for a record, wherever it is kept', async () => {
    const { run, webhooks } = await setUp(
      jobWith({ input: 'x'.repeat(102_398) }),
      jobOf('b', 'echo', { webhook, input: 'x'.repeat(102_399) }),
      jobOf('c', 'echo', { webhook, input: 'ü'.repeat(60_000) }),
    )
    await run()
    const told = new Map(webhooks.sent.map(({ jobId, event }) => [jobId, event.data.job]))
    expect(told.get('a')).toMatchObject({ output: expect.stringMatching(/^x+$/) })
    for (const id of ['b', 'c']) {
      expect(told.get(id)).toMatchObject({ outputOmitted: true })
      expect(told.get(id)).not.toHaveProperty('output')
    }
  })

  it('reports the failure, and no attempt before it', async () => {
    const { run, webhooks, clock } = await setUp(jobWith({ policy: { attempts: 2 } }, 'fail'))
    await run()
    expect(webhooks.sent).toEqual([])
    await clock.advance(3_600_000)
    await run()
    expect(webhooks.sent.map(({ event }) => event)).toMatchObject([
      { type: 'job.failed', data: { job: { attempts: 2, error: { code: 'OUT_OF_PAPER' } } } },
    ])
  })

  it('reports a job that came too late to start, and one whose message cannot be read', async () => {
    const expired = await setUp(jobWith({ policy: { startBy: Date.UTC(2025, 11, 31) } }))
    await expired.run()
    expect(expired.webhooks.sent).toMatchObject([{ event: { data: { job: { error: { code: 'EXPIRED' } } } } }])
    const { ports, webhooks, key } = await setUp(jobWith())
    const message = { itemId: 'i', receives: 9, reason: 'torn', job: { ...key, createdAt: jobWith().createdAt } }
    expect(await failUnreadable(ports, [message])).toEqual([])
    expect(webhooks.sent).toMatchObject([{ event: { data: { job: { error: { code: 'MESSAGE_UNREADABLE' } } } } }])
  })

  it('has a new id for each end and each life, and the same id however often it is sent', async () => {
    const { run, webhooks, ports, key, store, clock } = await setUp(jobWith({}, 'fail'))
    await run()
    await run()
    const [first, again] = webhooks.sent.map(({ webhookId }) => webhookId)
    expect(again).toBe(first)
    await clock.advance(1)
    await retryJob(ports, key)
    await cancelJob(ports, key)
    store.forget('a')
    await store.insert([jobWith({ createdAt: clock.now() + 5 }, 'fail')], undefined)
    await cancelJob(ports, key)
    expect(webhooks.sent).toHaveLength(4)
    expect(new Set(webhooks.sent.map(({ webhookId }) => webhookId)).size).toBe(3)
  })

  it('is not sent again two weeks after the end', async () => {
    const { run, webhooks, clock } = await setUp(jobWith({ expiresAt: Date.UTC(2027, 0, 1) }))
    await run()
    await clock.advance(14 * 86_400_000 + 1)
    await run()
    expect(webhooks.sent).toHaveLength(1)
  })

  it('is sent for no other job', async () => {
    const { run, webhooks } = await setUp(jobOf('a', 'echo'))
    await run()
    expect(webhooks.sent).toEqual([])
  })
})

describe('a webhook that cannot be queued', () => {
  it('lets the message of its job come again, and no other, until it can be', async () => {
    const { run, webhooks, redelivery, store } = await setUp(jobWith(), jobOf('b', 'echo', { webhook }))
    webhooks.failing.add('a')
    expect(await run()).toEqual(['item-a'])
    expect(Object.keys(redelivery.delays())).toEqual(['receipt-a'])
    expect(store.state('a')).toMatchObject({ status: 'success' })
    // The job has ended: its message has only the webhook left to do.
    expect(await run()).toEqual(['item-a'])
    webhooks.failing.clear()
    expect(await run()).toEqual([])
    expect(webhooks.sent.map(({ jobId }) => jobId)).toEqual(expect.arrayContaining(['a', 'b']))
  })

  it('lets a dead letter come again, and one that cannot be read', async () => {
    const { ports, webhooks, items, key } = await setUp(jobWith())
    webhooks.failing.add('a')
    expect(await failDeadLetters(ports, items)).toEqual(['item-a'])
    expect(await failDeadLetters(ports, items)).toEqual(['item-a'])
    const message = { itemId: 'i', receives: 9, reason: 'torn', job: { ...key, createdAt: jobWith().createdAt } }
    expect(await failUnreadable(ports, [message])).toEqual(['i'])
    webhooks.failing.clear()
    expect(await failUnreadable(ports, [message])).toEqual([])
    expect(await failDeadLetters(ports, items)).toEqual([])
    expect(new Set(webhooks.sent.map(({ webhookId }) => webhookId)).size).toBe(1)
  })

  it('fails a cancel, and is queued when the cancel is repeated', async () => {
    const { ports, webhooks, key } = await setUp(jobWith())
    webhooks.failing.add('a')
    expect(await cancelJob(ports, key)).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
    webhooks.failing.clear()
    expect(await cancelJob(ports, key)).toMatchObject({ ok: true, value: { status: 'cancelled' } })
    expect(webhooks.sent).toMatchObject([{ event: { type: 'job.cancelled' } }])
  })

  it('fails a publish, and is queued when the publish is repeated', async () => {
    const { ports, webhooks, key } = await setUp()
    const body: PublishBody = { status: 'success', output: 7, webhook }
    webhooks.failing.add('a')
    expect(await publishJob(ports, key, body)).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
    webhooks.failing.clear()
    expect(await publishJob(ports, key, body)).toMatchObject({ ok: true })
    expect(webhooks.sent).toMatchObject([{ event: { data: { job: { task: 'external', output: 7 } } } }])
  })
})

describe('a submit with a webhook', () => {
  it('keeps it on the record, also when the job is run again', async () => {
    const { ports, store, key } = await setUp()
    await submitJobs(ports, { namespace: 'acme', jobs: [accept({ id: 'a', task: 'fail', webhook })] })
    expect(await store.read(key)).toMatchObject({ webhook })
    await cancelJob(ports, key)
    await retryJob(ports, key)
    expect(await store.read(key)).toMatchObject({ status: 'pending', webhook })
    await cancelJob(ports, key)
    await submitJobs(ports, { namespace: 'acme', jobs: [accept({ id: 'a', task: 'fail', rerun: true })] })
    expect(await store.read(key)).not.toHaveProperty('webhook')
  })

  it('is refused before anything is stored if its address is not allowed', async () => {
    const { ports, store } = await setUp()
    const inside = { url: 'https://10.0.0.7/' }
    const jobs = [accept({ id: 'a', task: 'echo', webhook: inside })]
    const path = 'jobs.0.webhook.url'
    const refused = [{ id: 'a', error: expect.objectContaining({ code: 'INVALID_WEBHOOK', path }) }]
    expect(await submitJobs(ports, { namespace: 'acme', jobs })).toEqual(refused)
    expect(await publishJob(ports, { namespace: 'acme', id: 'b' }, { webhook: inside })).toMatchObject({
      error: { code: 'INVALID_WEBHOOK', path: 'webhook.url' },
    })
    expect(store.calls).toEqual([])
    ports.webhookTargets = 'any'
    expect(await submitJobs(ports, { namespace: 'acme', jobs })).toMatchObject([{ id: 'a', status: 'pending' }])
  })
})
