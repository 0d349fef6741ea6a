// The types are checked by tsc, a part of `npm run check`: an expected error that does not occur is an error.
import { describe, expect, it } from '@jest/globals'
import type { Job, Jobwire, JobRecord, JobUpdate, TaskInput, TaskOutput } from '@jobwire/sdk'
import { connect, JobError, JobwireError } from '@jobwire/sdk'
import { defineTask } from '@jobwire/sdk/task'
import type { StandardSchema } from '../../../../protocol/job/standard-schema.ts'
import { usePeer } from '../../peer/connect-to-peer.ts'
import { success, until } from '../../peer/scripted-peer.ts'

const tasks = {
  resize: defineTask({
    run: async (input: { key: string; width?: number }) => ({ url: input.key, at: new Date(0), tags: ['a'] }),
  }),
  sweep: defineTask({ run: () => 3 }),
  greet: defineTask({ run: (name: string | undefined) => `Hello, ${name}!` }),
  forget: defineTask({ run: async (_input: void) => {} }),
  anything: defineTask({ run: (input: any) => input }),
}

/** A schema with the types of its input and output, as Zod has them. */
declare const picture: StandardSchema<{ key: string; width: number }, { key: string; width?: number }>
declare const stamped: StandardSchema<{ url: string; at: string }, { url: string }>
/** A schema without those types: the input is what the task gets. */
declare const plain: StandardSchema<{ key: string }>
const checked = () => ({
  thumbnail: defineTask({
    input: picture,
    output: stamped,
    run: ({ key, width }) => ({ url: `${key}?${width.toFixed()}` }),
  }),
  plain: defineTask({ input: plain, run: ({ key }) => key.length }),
  // @ts-expect-error -- the output's schema wants an address
  wrong: defineTask({ output: stamped, run: () => ({ uri: '' }) }),
})
type Checked = ReturnType<typeof checked>

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_Holds extends true>() => undefined

same<Same<TaskInput<typeof tasks.resize>, { key: string; width?: number }>>()
same<Same<TaskOutput<typeof tasks.resize>, { url: string; at: string; tags: string[] }>>()
same<Same<TaskInput<typeof tasks.sweep>, void | null>>()
same<Same<TaskOutput<typeof tasks.sweep>, number>>()
same<Same<TaskOutput<typeof tasks.forget>, void>>()
same<Same<TaskOutput<typeof tasks.anything>, any>>()
same<Same<TaskInput<Checked['thumbnail']>, { key: string; width?: number }>>()
same<Same<TaskOutput<Checked['thumbnail']>, { url: string; at: string }>>()
same<Same<TaskInput<Checked['plain']>, { key: string }>>()
same<Same<TaskOutput<Checked['plain']>, number>>()

const setup = usePeer()

async function typed(): Promise<Jobwire<typeof tasks>> {
  setup.peer.onFrame = (frame, from) => {
    setup.peer.answer(frame, from)
    if (frame.type === 'submit') for (const { id } of frame.jobs) from.push(success(id!, 3))
  }
  return connect<typeof tasks>({ url: setup.peer.url, token: () => 'secret' })
}

describe('a client typed from the tasks', () => {
  it('knows the names, the inputs and the outputs', async () => {
    const jobs = await typed()
    const job = await jobs.submit('resize', { key: 'a.png' }, { priority: 'high', id: 'one' })
    same<Same<typeof job, Job<{ url: string; at: string; tags: string[] }>>>()
    const sweep = await jobs.submit('sweep')
    const count: number = await sweep.result({ timeout: '2m', signal: new AbortController().signal })
    expect(count).toBe(3)
    await Promise.all([
      jobs.run('greet'),
      jobs.run('greet', 'Ada', { timeout: 5_000 }),
      jobs.run('forget', undefined, { priority: 'low' }),
      jobs.run('anything', { whatever: 1 }),
    ])
    const updates: AsyncIterableIterator<JobUpdate> = job.updates()
    for await (const { version, status } of updates) expect([version, status]).toHaveLength(2)
    await jobs.close()
  })

  it('refuses values that the tasks do not accept', async () => {
    const jobs = await typed()
    await Promise.all([
      // @ts-expect-error -- there is no such priority
      jobs.submit('resize', { key: 'a.png' }, { priority: 'urgent' }),
      // @ts-expect-error -- there is no such task
      jobs.submit('resise', { key: 'a.png' }),
      // @ts-expect-error -- the input is missing
      jobs.submit('resize'),
      // @ts-expect-error -- the input has the wrong type
      jobs.submit('resize', { key: 7 }),
      // @ts-expect-error -- the input has a property that the task does not know
      jobs.submit('resize', { key: 'a.png', height: 7 }),
      // @ts-expect-error -- the input has the wrong type
      jobs.run('greet', 7),
      // @ts-expect-error -- the options are in the place of the input
      jobs.submit('sweep', { priority: 'high' }),
    ])
    const bad = [
      // @ts-expect-error -- there is no such option
      jobs.submit('resize', { key: 'a.png' }, { colour: 'red' }),
      // @ts-expect-error -- not a duration
      jobs.run('resize', { key: 'a.png' }, { timeout: 'soon' }),
    ]
    for (const call of bad) await expect(call).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    // @ts-expect-error -- the output went through JSON: a string, not a Date
    const at: Date = (await jobs.run('resize', { key: 'a.png' })).at
    expect(at).toBeUndefined()
    await jobs.close()
  })

  it('accepts any name and input if it is not typed', async () => {
    const jobs = await connect({ url: setup.peer.url, token: 'secret' })
    const job = await jobs.submit('whatever', { a: 1 })
    const result: Promise<string> = job.result()
    await until(() => setup.peer.sockets.length === 1)
    setup.peer.socket.push(success(job.id, 'done'))
    expect(await result).toBe('done')
    setup.peer.known.set('x', success('x', 1))
    const record: JobRecord = await jobs.get('x')
    expect(record.id).toBe('x')
    await jobs.close()
  })
})

describe('errors', () => {
  it('have codes that the editor completes', () => {
    const error: unknown = new JobwireError('RESULT_TIMEOUT', 'Not yet.')
    if (!JobwireError.is(error)) throw error
    expect(error.code === 'RESULT_TIMEOUT').toBe(true)
    expect(JobError.is(error) ? error.job.attempts : 'no job').toBe('no job')
  })
})
