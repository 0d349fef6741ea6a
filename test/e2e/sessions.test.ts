import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { frameOf, updateOf } from './support/frames.ts'
import { RawSocket } from './support/raw-socket.ts'
import { connectWithToken, mintToken, rest, type Tasks, uniqueNamespace } from './support/target.ts'

const namespace = uniqueNamespace()
let jobs: Jobwire<Tasks>
let token: string

beforeAll(async () => {
  ;({ jobs, token } = await connectWithToken(namespace))
})
afterEach(() => RawSocket.cutAll())
afterAll(() => jobs.close())

const successOf = (id: string) => updateOf(id, ({ status }) => status === 'success')

describe('a session', () => {
  it('whose answer was lost submits the same id again and gets the one result', async () => {
    const id = `${namespace}:lost-answer`
    const request = { id, task: 'wait', input: { ms: 300 } } as const
    const first = await RawSocket.open({ token, session: 'lost-answer' })
    first.send({ type: 'submit', ref: 1, jobs: [request] })
    first.cut()

    const second = await RawSocket.open({ token, session: 'lost-answer' })
    second.send({ type: 'submit', ref: 1, jobs: [request] })
    const accepted = await second.frame(frameOf('accepted'))
    expect(accepted.jobs[0]).toMatchObject({ id })
    await second.frame(successOf(id))
    expect(await jobs.get(id)).toMatchObject({ status: 'success', attempts: 0 })
  })

  it('that comes back gets the state of the jobs that it still waits for (I3)', async () => {
    const id = `${namespace}:resume`
    const first = await RawSocket.open({ token, session: 'resume' })
    first.send({ type: 'submit', ref: 1, jobs: [{ id, task: 'greet', input: { name: 'Kay' } }] })
    await first.frame(frameOf('accepted'))
    first.cut()
    await jobs.result(id)

    const second = await RawSocket.open({ token, session: 'resume' })
    second.send({ type: 'subscribe', ref: 2, ids: [id] })
    const state = await second.frame(frameOf('state'))
    expect(state).toMatchObject({ ref: 2, jobs: [{ id, status: 'success', output: 'Hello, Kay!' }] })
  })

  it('that comes back and subscribes again is told once, over its latest connection', async () => {
    const id = `${namespace}:often`
    const sockets: RawSocket[] = []
    for (let connection = 0; connection < 3; connection++) {
      const socket = await RawSocket.open({ token, session: 'often' })
      socket.send({ type: 'subscribe', ref: 1, ids: [id] })
      await socket.frame(frameOf('state'))
      sockets.push(socket)
    }
    await jobs.run('greet', { name: 'Lou' }, { id })
    await sockets[2]!.frame(successOf(id))
    expect(sockets.map(({ frames }) => frames.filter(successOf(id)).length)).toEqual([0, 0, 1])
  })

  it('may watch an id that nobody has submitted yet', async () => {
    const id = `${namespace}:not-yet`
    const watcher = await RawSocket.open({ token, session: 'early-bird' })
    watcher.send({ type: 'subscribe', ref: 1, ids: [id] })
    expect(await watcher.frame(frameOf('state'))).toEqual({ type: 'state', ref: 1, jobs: [] })

    await rest('/jobs', { method: 'POST', token, body: JSON.stringify({ id, task: 'greet', input: { name: 'Bo' } }) })
    const push = await watcher.frame(successOf(id))
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
    const pushes = await Promise.all([one.frame(successOf(id)), two.frame(successOf(id))])
    expect(pushes).toMatchObject([{ type: 'jobs' }, { type: 'jobs' }])
  })
})

describe('a namespace', () => {
  it('sees nothing of another namespace (I7)', async () => {
    const stranger = await mintToken(uniqueNamespace())
    const job = await jobs.submit('greet', { name: 'secret' })
    await job.result()
    expect((await rest(`/jobs/${job.id}`, { token: stranger })).body.error.code).toBe('JOB_NOT_FOUND')

    const watcher = await RawSocket.open({ token: stranger, session: 'stranger' })
    watcher.send({ type: 'subscribe', ref: 1, ids: [job.id] })
    expect(await watcher.frame(frameOf('state'))).toEqual({ type: 'state', ref: 1, jobs: [] })
  })
})
