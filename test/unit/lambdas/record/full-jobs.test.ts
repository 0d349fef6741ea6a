import { expect, it } from '@jest/globals'
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

it('a job with the most watchers does not keep a session from watching others of the same frame', async () => {
  const platform = createPlatform()
  const { store, pusher, clock } = platform
  await store.insert([jobOf('ended'), jobOf('full'), jobOf('waiting')], undefined)
  store.force('ended', { version: 2, status: 'success', attempts: 0, output: 7 })
  store.full.add('full')
  const session = { namespace: 'acme', session: 's', connectionId: 'c' }
  const ports = { store, pusher, clock, waitMs: 60_000 }
  expect(await subscribeSession(ports, session, ['ended', 'full', 'waiting'])).toMatchObject({
    ok: false,
    error: { code: 'THROTTLED', message: expect.stringContaining('"full"') },
  })
  expect(pusher.updatesOf('ended')).toMatchObject([{ status: 'success', output: 7 }])
  expect(pusher.updatesOf('waiting')).toMatchObject([{ status: 'pending' }])
  expect(await store.load([jobOf('waiting')], 'strong')).toMatchObject([{ watchers: ['s@c'] }])
})
