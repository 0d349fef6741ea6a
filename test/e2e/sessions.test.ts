import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import type { AcceptedFrame, JobsFrame, ServerFrame, StateFrame } from '../../protocol/wire/frames.ts'
import { RawSocket } from './support/raw-socket.ts'
import { connectAs, mintToken, rest, uniqueNamespace, type Tasks } from './support/target.ts'

const namespace = uniqueNamespace()
let jobs: Jobwire<Tasks>
let token: string

beforeAll(async () => {
  jobs = await connectAs(namespace)
  token = await mintToken(namespace)
})
afterEach(() => RawSocket.cutAll())
afterAll(() => jobs.close())

const isAccepted = (frame: ServerFrame): frame is AcceptedFrame => frame.type === 'accepted'
const isState = (frame: ServerFrame): frame is StateFrame => frame.type === 'state'
const terminalOf =
  (id: string) =>
  (frame: ServerFrame): frame is JobsFrame =>
    frame.type === 'jobs' && frame.jobs.some((job) => job.id === id && job.status === 'success')

describe('a session', () => {
  it('whose answer was lost submits the same id again and gets the one result', async () => {
    const id = `${namespace}:lost-answer`
    const request = { id, task: 'wait', input: { ms: 300 } } as const
    const first = await RawSocket.open({ token, session: 'lost-answer' })
    first.send({ type: 'submit', ref: 1, jobs: [request] })
    first.cut()

    const second = await RawSocket.open({ token, session: 'lost-answer' })
    second.send({ type: 'submit', ref: 1, jobs: [request] })
    const accepted = await second.frame(isAccepted)
    expect(accepted.jobs[0]).toMatchObject({ id })
    await second.frame(terminalOf(id))
    expect(await jobs.get(id)).toMatchObject({ status: 'success', attempts: 0 })
  })

  it('that comes back is given the state of what it still waits for (I3)', async () => {
    const id = `${namespace}:resume`
    const first = await RawSocket.open({ token, session: 'resume' })
    first.send({ type: 'submit', ref: 1, jobs: [{ id, task: 'greet', input: { name: 'Kay' } }] })
    await first.frame(isAccepted)
    first.cut()
    await jobs.result(id)

    const second = await RawSocket.open({ token, session: 'resume' })
    second.send({ type: 'subscribe', ref: 2, ids: [id] })
    const state = await second.frame(isState)
    expect(state).toMatchObject({ ref: 2, jobs: [{ id, status: 'success', output: 'Hello, Kay!' }] })
  })

  it('may watch an id that nobody has submitted yet', async () => {
    const id = `${namespace}:not-yet`
    const watcher = await RawSocket.open({ token, session: 'early-bird' })
    watcher.send({ type: 'subscribe', ref: 1, ids: [id] })
    expect(await watcher.frame(isState)).toEqual({ type: 'state', ref: 1, jobs: [] })

    await rest('/jobs', { method: 'POST', token, body: JSON.stringify({ id, task: 'greet', input: { name: 'Bo' } }) })
    const push = await watcher.frame(terminalOf(id))
    expect(push.jobs.find((job) => job.id === id)).toMatchObject({ output: 'Hello, Bo!' })
  })

  it('watches a job together with another, and both are told', async () => {
    const id = `${namespace}:two-watchers`
    const [one, two] = await Promise.all([
      RawSocket.open({ token, session: 'watcher-1' }),
      RawSocket.open({ token, session: 'watcher-2' }),
    ])
    one.send({ type: 'submit', ref: 1, jobs: [{ id, task: 'wait', input: { ms: 200 } }] })
    two.send({ type: 'subscribe', ref: 1, ids: [id] })
    const pushes = await Promise.all([one.frame(terminalOf(id)), two.frame(terminalOf(id))])
    expect(pushes).toMatchObject([{ type: 'jobs' }, { type: 'jobs' }])
  })
})

describe('a namespace', () => {
  it('sees nothing of another (I7)', async () => {
    const stranger = await mintToken(uniqueNamespace())
    const job = await jobs.submit('greet', { name: 'secret' })
    await job.result()
    expect((await rest(`/jobs/${job.id}`, { token: stranger })).body.error.code).toBe('JOB_NOT_FOUND')

    const watcher = await RawSocket.open({ token: stranger, session: 'stranger' })
    watcher.send({ type: 'subscribe', ref: 1, ids: [job.id] })
    expect(await watcher.frame(isState)).toEqual({ type: 'state', ref: 1, jobs: [] })
  })
})
