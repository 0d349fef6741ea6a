import { describe, expect, it } from '@jest/globals'
import { idOfKey } from '../../../../protocol/job/key-id.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success } from '../../peer/scripted-peer.ts'

const setup = usePeer()

describe('the options of a submit', () => {
  it('are sent as they are', async () => {
    const jobs = await setup.connect()
    const options = {
      id: 'a',
      rerun: true,
      attempts: 3,
      backoff: { initial: '1s', cap: 5_000 },
      delay: '1m',
      startWithin: '1h',
      ttl: '1d',
      metadata: { customer: 7 },
      tags: ['x'],
      group: 'g',
      webhook: { url: 'https://example.com/jobs', data: { order: 17 } },
    } as const
    await jobs.submit('resize', 1, { ...options, runTimeout: '10s' })
    expect(setup.peer.socket.framesOf('submit')[0]!.jobs).toEqual([
      { task: 'resize', input: 1, timeout: '10s', ...options },
    ])
  })

  it.each([
    ['a BigInt', 1n],
    ['a function', () => 1],
    ['NaN', Number.NaN],
  ])('are refused if they are not JSON: %s', async (_what, data) => {
    const jobs = await setup.connect()
    const webhook = { url: 'https://example.com/jobs', data: { a: data as never } }
    const submitting = jobs.submit('resize', 1, { webhook })
    await expect(submitting).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('"a" is'),
    })
  })

  it('of run keep the time to wait apart from the time to run', async () => {
    const jobs = await setup.connect()
    setup.peer.onFrame = (frame, from) => {
      setup.peer.answer(frame, from)
      if (frame.type === 'submit') from.push(success(frame.jobs[0]!.id!, 7))
    }
    expect(await jobs.run('resize', 1, { id: 'a', timeout: '1m', runTimeout: 500 })).toBe(7)
    expect(setup.peer.socket.framesOf('submit')[0]!.jobs).toEqual([{ id: 'a', task: 'resize', input: 1, timeout: 500 }])
  })

  it('with a key give the id that the platform derives from the key', async () => {
    const jobs = await setup.connect()
    const id = await idOfKey(jobs.namespace, 'Invoice 17')
    expect((await jobs.submit('resize', 1, { idempotencyKey: 'Invoice 17' })).id).toBe(id)
    expect(setup.peer.socket.framesOf('submit')[0]!.jobs).toMatchObject([{ id, idempotencyKey: 'Invoice 17' }])
  })
})

describe('cancel', () => {
  it('asks by REST and returns the state of the job', async () => {
    const job = { id: 'a:b', version: 2, status: 'cancelled', attempts: 0 }
    setup.peer.onRequest = ({ path }) => (path.endsWith('/cancel') ? [200, { job }] : undefined)
    const jobs = await setup.connect()
    expect(await jobs.cancel('a:b')).toEqual(job)
    expect(setup.peer.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: expect.stringMatching(/\/jobs\/a%3Ab\/cancel$/),
    })
  })

  it('rejects with the refusal of the platform, and for an invalid id', async () => {
    const error = { code: 'JOB_NOT_FOUND', message: 'There is no job "a".' }
    setup.peer.onRequest = ({ path }) => (path.endsWith('/cancel') ? [404, { error }] : undefined)
    const jobs = await setup.connect()
    await expect(jobs.cancel('a')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    await expect(jobs.cancel('a b')).rejects.toMatchObject({ code: 'INVALID_ID' })
    await jobs.close()
    await expect(jobs.cancel('a')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
  })
})
