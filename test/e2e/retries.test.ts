import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ServerFrame } from '../../protocol/wire/frames.ts'
import { isTerminal, type JobRequest, type JobUpdate } from '../../protocol/job/job.ts'
import { updateOf } from './support/frames.ts'
import { RawSocket } from './support/raw-socket.ts'
import { mintToken, rest, uniqueNamespace } from './support/target.ts'

const BACKOFF = { initial: '50ms', cap: '100ms' } as const
let token: string
let socket: RawSocket
let submits = 0

beforeAll(async () => {
  token = await mintToken(uniqueNamespace())
  socket = await RawSocket.open({ token, session: 'retries' })
})
afterAll(() => RawSocket.cutAll())

function updatesIn(frame: ServerFrame, id: string): JobUpdate[] {
  return frame.type === 'jobs' ? frame.jobs.filter((update) => update.id === id) : []
}

/** Submits a job and returns every update that is pushed, up to its end, in the order of versions. */
async function run(job: JobRequest & { id: string }): Promise<JobUpdate[]> {
  socket.send({ type: 'submit', ref: ++submits, jobs: [job] })
  await socket.frame(updateOf(job.id, ({ status }) => isTerminal(status)))
  const updates = new Map(
    socket.frames.flatMap((frame) => updatesIn(frame, job.id)).map((update) => [update.version, update]),
  )
  return [...updates.values()].sort((one, other) => one.version - other.version)
}

describe('a job whose first runs fail', () => {
  it('is run again until it succeeds, and its watcher sees each failed attempt', async () => {
    const updates = await run({ id: 'flaky', task: 'flaky', input: { failures: 2 }, attempts: 4, backoff: BACKOFF })
    const failed = updates.filter(({ status, error }) => status === 'pending' && error !== undefined)
    expect(failed.map(({ attempts, error }) => `${attempts} ${error?.code}`)).toEqual(['1 NOT_YET', '2 NOT_YET'])
    for (const { dueAt } of failed) expect(dueAt).toEqual(expect.any(Number))
    expect(updates.at(-1)).toMatchObject({ status: 'success', attempts: 2, output: { attempt: 3 } })
    const { body } = await rest('/jobs/flaky', { token })
    expect(body.job).toMatchObject({ status: 'success', attempts: 2 })
  })

  it('fails with the latest error once its attempts are used up', async () => {
    const updates = await run({ id: 'worn', task: 'flaky', input: { failures: 9 }, attempts: 2, backoff: BACKOFF })
    expect(updates.at(-1)).toMatchObject({
      status: 'failed',
      attempts: 2,
      error: { code: 'NOT_YET', message: 'Run 2 fails; ask again.' },
    })
  })

  it('is run once if neither it nor its task asks for more', async () => {
    const updates = await run({ id: 'once', task: 'fail', input: { code: 'NO' } })
    expect(updates.at(-1)).toMatchObject({ status: 'failed', attempts: 1 })
  })
})

describe('a job with a timeout of its own', () => {
  it('is ended at that time and run again', async () => {
    const job = { task: 'wait', input: { ms: 20_000 }, timeout: '300ms', attempts: 2, backoff: BACKOFF } as const
    const updates = await run({ id: 'hurried', ...job })
    expect(updates.at(-1)).toMatchObject({ status: 'failed', attempts: 2, error: { code: 'TASK_TIMEOUT' } })
  })
})

describe('progress', () => {
  it('is pushed while the job runs, and only grows', async () => {
    const updates = await run({ id: 'counting', task: 'count', input: { to: 10, everyMs: 100 } })
    const told = updates.filter(({ status }) => status === 'running').map(({ progress }) => progress?.percent ?? 0)
    expect(told.length).toBeGreaterThan(1)
    expect(told.length).toBeLessThan(8)
    expect(told).toEqual(told.toSorted((one, other) => one - other))
    expect(updates.at(-1)).toMatchObject({ status: 'success', output: 10, progress: { percent: 100 } })
  })
})
