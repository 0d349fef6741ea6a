import { describe, expect, it } from '@jest/globals'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createJobQueues } from '../../../../lambdas/aws/queue/job-queues.ts'
import { retryJob } from '../../../../lambdas/domain/manage/retry-job.ts'
import { submitJobs } from '../../../../lambdas/domain/submit/submit-jobs.ts'
import { accept } from '../../../../protocol/kit/parsed.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createPlatform, jobOf, messageOf } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

// A new deployment may add and remove lanes, and move a task to another lane. Records keep their old lane.
function setUp() {
  const platform = createPlatform()
  const tasks = { echo: defineTask({ run: (input: unknown) => input, queue: 'fast' }) }
  const ports = { ...platform, ...taskPorts(tasks) }
  return { ...platform, ports }
}

const old = jobOf('a', 'echo', { queue: 'gone' })

describe('a job whose task has moved to another lane', () => {
  it('runs again in the new lane, not in one that may be gone', async () => {
    const { ports, store, queue } = setUp()
    await store.insert([old], undefined)
    store.force('a', { version: 2, status: 'failed', attempts: 1 })
    await retryJob(ports, old)
    expect(queue.sent).toMatchObject([{ id: 'a', queue: 'fast' }])
    expect(await store.read(old)).toMatchObject({ status: 'pending', queue: 'fast' })
  })

  it('is sent to the new lane when it is submitted again while it waits', async () => {
    const { ports, store, queue } = setUp()
    await store.insert([old], undefined)
    await submitJobs(ports, { namespace: 'acme', jobs: [accept({ id: 'a', task: 'echo', input: null })] })
    expect(queue.sent).toMatchObject([{ id: 'a', queue: 'fast' }])
  })
})

it('a message for a lane that is not deployed is not sent, and does not delay the others', async () => {
  const { clock, log, logged } = createPlatform()
  const client = new SQSClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  const queues = createJobQueues({ client, urls: {}, clock, log })
  const message = messageOf(old)
  expect(await queues.send([message], new Map())).toEqual([message])
  expect(logged).toMatchObject([['error', expect.stringContaining('gone'), { jobId: 'a' }]])
})
