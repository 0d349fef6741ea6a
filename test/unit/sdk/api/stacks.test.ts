import { describe, expect, it } from '@jest/globals'
import { JobwireError } from '../../../../sdk/src/api/errors.ts'
import type { Jobwire } from '../../../../sdk/src/jobwire/jobwire.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'

const setup = usePeer()

/** Ends every job as failed, in its own frame: nothing of the caller is on the stack then. */
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
  ['a loop that is over', (jobs) => jobs.subscribe('unknown', { timeout: 1 }).next()],
  ['a REST call', (jobs) => jobs.get('unknown')],
  ['a time limit', (jobs) => jobs.result('unknown', { timeout: 1 })],
]

describe('an error has the call that waited for it in its stack', () => {
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

  it('but an error that the inputs of a map throw keeps its stack', async () => {
    const jobs = await setup.connect()
    async function* readKeys() {
      yield await Promise.resolve('a.png')
      throw Object.freeze(new JobwireError('UNREACHABLE', 'The list could not be read.'))
    }
    const error = await jobs.map('resize', readKeys()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UNREACHABLE', stack: expect.stringContaining('readKeys') })
  })
})
