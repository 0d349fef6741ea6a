import { describe, expect, it } from '@jest/globals'
import type { JobwireError } from '../../../../sdk/src/api/errors.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'

const setup = usePeer()
const errorOf = async (end: PromiseLike<unknown>) => Promise.resolve(end).catch((error: unknown) => error)

describe('an error of a loop', () => {
  it('says of a map that its time is over, and what happens to its jobs', async () => {
    const jobs = await setup.connect()
    expect(await errorOf(jobs.map('resize', [1, 2], { timeout: 5 }))).toMatchObject({
      code: 'TIMEOUT',
      message: 'The map has not ended within its timeout. Its remaining jobs are cancelled.',
    })
  })

  it('says of many jobs that they go on', async () => {
    const jobs = await setup.connect()
    for (const ids of [['a', 'b'], ['a']]) {
      expect(await errorOf(jobs.watch(ids, { timeout: 5 }).next())).toMatchObject({
        code: 'TIMEOUT',
        message: expect.stringContaining('They go on'),
      })
    }
  })

  it('names the job that is followed', async () => {
    const jobs = await setup.connect()
    const follow = jobs.subscribe('a', { timeout: 5 })
    expect(await errorOf(follow.next())).toMatchObject({ code: 'RESULT_TIMEOUT', jobId: 'a' })
    const aborted = jobs.subscribe('a', { signal: AbortSignal.abort() })
    expect(await errorOf(aborted.next())).toMatchObject({ code: 'ABORTED', jobId: 'a' })
  })

  it('says which input is wrong; for one job, it does not speak of inputs', async () => {
    const jobs = await setup.connect()
    const wrong = [1, 2, 3n]
    expect(await errorOf(jobs.map('resize', wrong))).toMatchObject({
      code: 'INPUT_NOT_JSON',
      message: expect.stringMatching(/^Input 2: .*bigint/),
    })
    const id = (_input: unknown, index: number) => (index === 1 ? 'no id' : 'id')
    expect(await errorOf(jobs.map('resize', [1, 2], { id }))).toMatchObject({
      code: 'INVALID_ID',
      message: expect.stringMatching(/^Input 1: /),
    })
    expect(((await errorOf(jobs.submit('resize', 3n))) as JobwireError).message).not.toMatch(/^Input/)
  })

  it('says which input the platform has refused', async () => {
    setup.peer.onFrame = (frame, from) => {
      if (frame.type !== 'submit') return setup.peer.answer(frame, from)
      const error = { code: 'INPUT_INVALID', message: 'must be a number', path: 'input' }
      from.send({ type: 'accepted', ref: frame.ref, jobs: frame.jobs.map(({ id }) => ({ id: id!, error })) })
    }
    const jobs = await setup.connect()
    const settled = await jobs.map('resize', ['a', 'b'], { errors: 'collect' })
    expect(settled.map(({ error }) => error?.message)).toEqual([
      'Input 0: must be a number',
      'Input 1: must be a number',
    ])
    expect(settled[1]!.error).toMatchObject({ code: 'INPUT_INVALID', path: 'input', jobId: settled[1]!.id })
  })

  it('names the invalid prefix', async () => {
    const jobs = await setup.connect()
    for (const prefix of ['', 'a b', 7 as never]) {
      expect(await errorOf(jobs.watch({ prefix }).next())).toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('"prefix"'),
      })
    }
  })
})
