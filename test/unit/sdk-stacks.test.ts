import { describe, expect, it } from '@jest/globals'
import type { Jobwire } from '../../sdk/src/jobwire.ts'
import { usePeer } from './peer/connect-to-peer.ts'

const setup = usePeer()

/** Ends every job as failed, in a frame of its own: nothing of the caller is on the stack then. */
function failEveryJob(): void {
  setup.peer.onFrame = (frame, from) => {
    setup.peer.answer(frame, from)
    const error = { code: 'BROKEN', message: 'no', retryable: false }
    if (frame.type !== 'submit') return
    for (const { id } of frame.jobs) from.push({ id: id!, version: 2, status: 'failed', attempts: 1, error })
  }
}

const calls: readonly (readonly [string, (jobs: Jobwire) => PromiseLike<unknown>])[] = [
  ['run', (jobs) => jobs.run('resize', 1)],
  ['result', async (jobs) => await (await jobs.submit('resize', 1)).result()],
  ['map', (jobs) => jobs.map('resize', [1])],
  ['a REST call', (jobs) => jobs.get('unknown')],
  ['a time limit', (jobs) => jobs.result('unknown', { timeout: 1 })],
]

describe('an error tells of the call that waited for it', () => {
  it.each(calls)('%s', async (_what, call) => {
    failEveryJob()
    setup.peer.onRequest = ({ path }) =>
      path.endsWith('/unknown') ? [404, { error: { code: 'JOB_NOT_FOUND', message: 'no' } }] : undefined
    const jobs = await setup.connect()
    async function makeGallery(): Promise<unknown> {
      return await call(jobs)
    }
    const error = await makeGallery().catch((thrown: unknown) => thrown)
    expect((error as Error).stack).toContain('makeGallery')
  })
})
