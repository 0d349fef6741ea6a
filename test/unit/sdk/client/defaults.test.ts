import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../../local/clock.ts'
import type { JobRequest } from '../../../../protocol/job/job.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success, until } from '../../peer/scripted-peer.ts'

const setup = usePeer()

function submitted(): readonly JobRequest[] {
  return setup.peer.socket.framesOf('submit').flatMap(({ jobs }) => jobs)
}

function answerAtOnce(): void {
  setup.peer.onFrame = (frame, from) => {
    setup.peer.answer(frame, from)
    if (frame.type === 'submit') for (const { id } of frame.jobs) from.push(success(id!, 7))
  }
}

describe('the defaults of a client', () => {
  const defaults = { priority: 'low', attempts: 5, runTimeout: '30s', tags: ['nightly'] } as const
  const sent = { priority: 'low', attempts: 5, timeout: '30s', tags: ['nightly'] }

  it('apply to every job, whichever call submits it', async () => {
    answerAtOnce()
    const jobs = await setup.connect({}, { defaults })
    await jobs.submit('resize', 1)
    await jobs.run('resize', 1)
    await jobs.delay('resize', 1)
    await jobs.submitMany([{ task: 'resize', input: 1 }])
    await jobs.map('resize', [1])
    expect(submitted()).toHaveLength(5)
    for (const job of submitted()) expect(job).toEqual({ id: job.id, task: 'resize', input: 1, ...sent })
  })

  it('give way to the options of a job, unless they are undefined', async () => {
    const jobs = await setup.connect({}, { defaults })
    await jobs.submit('resize', 1, { priority: 'high', attempts: undefined, tags: [] })
    expect(submitted()).toMatchObject([{ priority: 'high', attempts: 5, tags: [] }])
  })

  it('limit the wait for one answer, unless the call has its own limit', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock }, { defaults: { timeout: '2m' } })
    const job = await jobs.submit('resize', 1)
    const failures: unknown[] = []
    const note = (waiting: Promise<unknown>) => waiting.catch((error: unknown) => failures.push(error))
    const waits = [note(job.result()), note(jobs.run('resize', 2)), note(jobs.result('other'))]
    const patient = note(job.result({ timeout: '10m' }))
    await clock.advance(120_000)
    await Promise.all(waits)
    expect(failures).toMatchObject(waits.map(() => ({ code: 'RESULT_TIMEOUT' })))
    await clock.advance(480_000)
    await patient
    expect(failures).toHaveLength(4)
  })

  it('end no loop and no map', async () => {
    const clock = new ManualClock()
    const jobs = await setup.connect({ clock }, { defaults: { timeout: '1s' } })
    const job = await jobs.submit('resize', 1)
    const mapped = jobs.map('resize', [1]).then((values) => values)
    const updates = job.updates()
    expect(await updates.next()).toMatchObject({ value: { status: 'pending' } })
    const end = updates.next()
    await until(() => submitted().length === 2)
    await clock.advance(5_000)
    for (const { id } of submitted()) setup.peer.socket.push(success(id!, 7))
    expect(await mapped).toEqual([7])
    expect(await end).toMatchObject({ value: { status: 'success' } })
  })

  it.each([
    ['no object', 7, 'must be an object'],
    ['an id of one job', { id: 'a' }, 'There is no option "id"'],
    ['a misspelt one', { timeuot: 7 }, 'There is no option "timeuot"'],
    ['an invalid timeout', { timeout: 'soon' }, '"soon" is not a duration'],
  ])('are refused by connect if they are %s', async (_what, wrong, message) => {
    await expect(setup.connect({}, { defaults: wrong as never })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(message),
    })
    expect(setup.peer.requests).toHaveLength(0)
  })
})
