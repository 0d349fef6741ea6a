import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { frameOf, updateOf } from './support/frames.ts'
import { RawSocket } from './support/raw-socket.ts'
import { connectWithToken, rest, type Tasks, uniqueNamespace } from './support/target.ts'

const namespace = uniqueNamespace()
let jobs: Jobwire<Tasks>
let token: string

beforeAll(async () => {
  ;({ jobs, token } = await connectWithToken(namespace))
})
afterEach(() => RawSocket.cutAll())
afterAll(() => jobs.close())

const publish = (id: string, body: unknown) =>
  rest(`/jobs/${encodeURIComponent(id)}/publish`, { method: 'POST', token, body: JSON.stringify(body) })
const versionOf = (id: string, version: number) => updateOf(id, (update) => update.version === version)

describe('a publish', () => {
  it('shows like any job: to an earlier watcher, by its id, and in the SDK', async () => {
    const id = `${namespace}:render-1`
    const watcher = await RawSocket.open({ token, session: 'watches-a-publisher' })
    watcher.send({ type: 'subscribe', ref: 1, ids: [id] })
    await watcher.frame(frameOf('state'))
    const result = jobs.result<{ pages: number }>(id)

    const facts = { task: 'render', metadata: { size: 3 }, tags: ['x'], ttl: '1h' }
    expect(await publish(id, facts)).toMatchObject({ status: 200, body: { job: { status: 'pending', version: 1 } } })
    const half = { progress: { percent: 50, message: 'half', data: [1] } }
    const running = await publish(id, { ...facts, ...half })
    expect(running.body.job).toMatchObject({ status: 'running', version: 2, ...half })
    expect((await publish(id, half)).body).toEqual(running.body)
    await watcher.frame(versionOf(id, 2))

    const end = { status: 'success', output: { pages: 3 } }
    const ended = await publish(id, end)
    expect(ended.body.job).toMatchObject({ ...end, version: 3 })
    expect((await publish(id, end)).body).toEqual(ended.body)
    expect((await watcher.frame(versionOf(id, 3))).jobs).toMatchObject([{ id, ...end }])
    expect(await result).toEqual({ pages: 3 })
    const record = await jobs.get(id)
    expect(record).toMatchObject({ task: 'render', queue: 'external', metadata: { size: 3 }, tags: ['x'] })
    expect(Math.round((record.expiresAt - record.createdAt) / 60_000)).toBe(60)
  })

  it('of a failure rejects the waiting calls', async () => {
    const id = `${namespace}:render-2`
    const result = jobs.result(id).catch((error: unknown) => error)
    await publish(id, { status: 'failed', error: { code: 'OUT_OF_PAPER', message: 'Load tray 2.' } })
    expect(await result).toMatchObject({ code: 'OUT_OF_PAPER', message: 'Load tray 2.', retryable: false })
  })

  it('with other content after the end is refused', async () => {
    const id = `${namespace}:render-3`
    await publish(id, { status: 'success', output: 1 })
    for (const body of [
      { status: 'success', output: 2 },
      { status: 'failed', error: { code: 'NO', message: 'no' } },
      { progress: { percent: 1 } },
    ]) {
      expect(await publish(id, body)).toMatchObject({ status: 409, body: { error: { code: 'ALREADY_FINISHED' } } })
    }
    expect(await jobs.result(id)).toBe(1)
  })

  it('cannot change a job that a queue runs, and no queue runs a published job', async () => {
    const job = await jobs.submit('uuid')
    expect(await publish(job.id, { status: 'success' })).toMatchObject({
      status: 409,
      body: { error: { code: 'JOB_IS_QUEUED' } },
    })
    const id = `${namespace}:render-4`
    await publish(id, { status: 'failed', error: { code: 'NO', message: 'no' } })
    await expect(jobs.submit('uuid', undefined, { id, rerun: true })).rejects.toMatchObject({ code: 'JOB_IS_EXTERNAL' })
    expect(await rest(`/jobs/${id}/retry`, { method: 'POST', token })).toMatchObject({
      status: 409,
      body: { error: { code: 'JOB_IS_EXTERNAL' } },
    })
  })

  it.each([
    ['malformed JSON', '{"status":', 'INVALID_JSON', undefined],
    ['a state of ours', '{"status":"running"}', 'INVALID_REQUEST', 'status'],
    ['a failure without a reason', '{"status":"failed"}', 'INVALID_REQUEST', 'error'],
    ['an output without an end', '{"output":1}', 'INVALID_REQUEST', 'output'],
    ['progress beyond its end', '{"progress":{"percent":101}}', 'INVALID_REQUEST', 'progress.percent'],
    ['an unknown field', '{"colour":"red"}', 'INVALID_REQUEST', 'colour'],
  ])('of %s is refused and stores nothing', async (_, body, code, path) => {
    const id = `${namespace}:bad`
    const answer = await rest(`/jobs/${id}/publish`, { method: 'POST', token, body })
    expect(answer.status).toBe(400)
    expect(answer.body.error.code).toBe(code)
    expect(answer.body.error.path).toBe(path)
    expect(await rest(`/jobs/${id}`, { token })).toMatchObject({ status: 404 })
  })
})
