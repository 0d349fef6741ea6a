import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import type { JobStatus } from '../../protocol/job/job.ts'
import { frameOf, updateOf } from './support/frames.ts'
import { RawSocket } from './support/raw-socket.ts'
import { connectWithToken, mintToken, rest, type Tasks, uniqueNamespace } from './support/target.ts'

const namespace = uniqueNamespace()
let jobs: Jobwire<Tasks>
let token: string
let socket: RawSocket

beforeAll(async () => {
  ;({ jobs, token } = await connectWithToken(namespace))
  socket = await RawSocket.open({ token, session: 'cancel' })
})
afterAll(async () => {
  RawSocket.cutAll()
  await jobs?.close()
})

const cancel = (id: string, as = token) => rest(`/jobs/${encodeURIComponent(id)}/cancel`, { method: 'POST', token: as })
const remove = (id: string, as = token) => rest(`/jobs/${encodeURIComponent(id)}`, { method: 'DELETE', token: as })
const updateTo = (id: string, status: JobStatus) => updateOf(id, (update) => update.status === status)

describe('a cancel', () => {
  it('of a waiting job ends it, and its watchers are told', async () => {
    const id = `${namespace}:waits`
    socket.send({ type: 'submit', ref: 1, jobs: [{ id, task: 'uuid', delay: '15m' }] })
    await socket.frame(frameOf('accepted'))
    const answer = await cancel(id)
    expect(answer).toMatchObject({ status: 200, body: { job: { id, status: 'cancelled', version: 2 } } })
    expect(answer.body.job).not.toHaveProperty('dueAt')
    await socket.frame(updateTo(id, 'cancelled'))
    expect((await cancel(id)).body).toEqual(answer.body)
    await expect(jobs.result(id)).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  })

  it('of a running job stays, whatever its task does afterwards (I2)', async () => {
    const id = `${namespace}:runs`
    socket.send({ type: 'submit', ref: 2, jobs: [{ id, task: 'wait', input: { ms: 1_500 } }] })
    await socket.frame(updateTo(id, 'running'))
    expect(await jobs.cancel(id)).toMatchObject({ status: 'cancelled' })
    await socket.frame(updateTo(id, 'cancelled'))
    const after = await jobs.get(id)
    // Another job of the same length ends after the cancelled one would have.
    await jobs.run('wait', { ms: 1_500 })
    expect(await jobs.get(id)).toEqual(after)
    // Neither the run that was stopped nor the message that it was for tells the end again.
    expect(socket.frames.filter(updateTo(id, 'cancelled'))).toHaveLength(1)
  })

  it('of a job that has ended returns its state', async () => {
    const job = await jobs.submit('greet', { name: 'Ada' })
    await job.result()
    expect(await cancel(job.id)).toMatchObject({
      status: 200,
      body: { job: { status: 'success', output: 'Hello, Ada!' } },
    })
  })

  it('over the socket gives each job its own outcome', async () => {
    const [ended, waits] = [`${namespace}:ended`, `${namespace}:waits-2`]
    await jobs.run('uuid', undefined, { id: ended })
    await jobs.submit('uuid', undefined, { id: waits, delay: '10m' })
    socket.send({ type: 'cancel', ref: 7, ids: [ended, 'nobody', waits] })
    expect(await socket.frame(frameOf('cancelled'))).toMatchObject({
      ref: 7,
      jobs: [
        { id: ended, status: 'success' },
        { id: 'nobody', error: { code: 'JOB_NOT_FOUND' } },
        { id: waits, status: 'cancelled', version: 2 },
      ],
    })
    socket.sendText('{"type":"cancel","ref":8,"ids":["a b"]}')
    const refused = await socket.frame(frameOf('error', 8))
    expect(refused.error).toMatchObject({ code: 'INVALID_ID', path: 'ids.0' })
  })

  it('of an unknown job is a 404, and another namespace sees none of our jobs (I7)', async () => {
    const id = `${namespace}:ours`
    await jobs.submit('uuid', undefined, { id, delay: '10m' })
    const stranger = await mintToken(uniqueNamespace())
    for (const answer of [await cancel('nobody'), await cancel(id, stranger), await remove(id, stranger)]) {
      expect(answer).toMatchObject({ status: 404, body: { error: { code: 'JOB_NOT_FOUND' } } })
    }
    expect(await jobs.get(id)).toMatchObject({ status: 'pending' })
  })
})

describe('a delete', () => {
  it('removes a job that has ended, and no other', async () => {
    const id = `${namespace}:gone`
    await jobs.submit('uuid', undefined, { id, delay: '10m' })
    expect(await remove(id)).toMatchObject({ status: 409, body: { error: { code: 'JOB_NOT_FINISHED' } } })
    await cancel(id)
    expect(await remove(id)).toMatchObject({ status: 204, body: undefined })
    await expect(jobs.get(id)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    expect(await remove(id)).toMatchObject({ status: 404, body: { error: { code: 'JOB_NOT_FOUND' } } })
    expect(await remove('a b')).toMatchObject({ status: 400, body: { error: { code: 'INVALID_ID' } } })
  })
})
