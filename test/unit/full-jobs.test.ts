import { expect, it } from '@jest/globals'
import { submitJobs } from '../../lambdas/domain/submit-jobs.ts'
import { TooManyWatchersError } from '../../lambdas/domain/too-many-watchers.ts'
import { accept } from '../../protocol/parsed.ts'
import { defineTask } from '../../protocol/task.ts'
import { createPlatform, jobOf } from './fakes/platform.ts'

it('a job that as many watch as can is known to whoever submits it again, and its message is sent again', async () => {
  const platform = createPlatform()
  const { store, queue, logged } = platform
  await store.insert([jobOf('full')], undefined)
  store.before = (call) => {
    if (call === 'watch') throw new TooManyWatchersError('full')
  }
  const tasks = { echo: defineTask({ run: (input: unknown) => input }) }
  const ports = { ...platform, tasks, nextId: () => 'made', ttlMs: 3_600_000 }
  const jobs = [accept({ id: 'full', task: 'echo', input: null })]
  expect(await submitJobs(ports, { namespace: 'acme', watcher: 's@c', jobs })).toEqual([
    { id: 'full', status: 'pending', version: 1, existed: true },
  ])
  expect(queue.sent).toMatchObject([{ id: 'full' }])
  expect(logged).toEqual([])
})
