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

const post = (body: unknown, path = '/jobs') => rest(path, { method: 'POST', token, body: JSON.stringify(body) })
const failureOf = (id: string) => jobs.result(id).catch((error: unknown) => error)

const failureAfter = (id: string, version: number) =>
  updateOf(id, (update) => update.version > version && update.status === 'failed')

describe('an idempotency key', () => {
  it('returns the first job, over REST, the socket and the SDK, and runs it once (I5)', async () => {
    const request = { task: 'uuid', idempotencyKey: 'Rechnung 2026/17 – ä', metadata: { customer: 'c-1' } }
    const first = await post(request)
    expect(first).toMatchObject({ status: 202, body: { status: 'pending', version: 1 } })
    const { id } = first.body
    expect(id).toMatch(/^key:[\w-]{43}$/)
    const output = await jobs.result(id)

    expect((await post(request)).body).toMatchObject({ id, status: 'success', existed: true })
    const socket = await RawSocket.open({ token, session: 'same-key' })
    socket.send({ type: 'submit', ref: 1, jobs: [request] })
    expect((await socket.frame(frameOf('accepted', 1))).jobs).toMatchObject([{ id, status: 'success', existed: true }])
    const { idempotencyKey } = request
    expect(await jobs.run('uuid', undefined, { idempotencyKey })).toBe(output)
    expect(await jobs.get(id)).toMatchObject({ idempotencyKey, metadata: { customer: 'c-1' }, output })
  })

  it('with another input or task is a conflict, for that job only', async () => {
    const key = { idempotencyKey: 'conflict' }
    expect(await post({ task: 'echo', input: { a: 1, b: 2 }, ...key })).toMatchObject({ status: 202 })
    expect(await post({ task: 'echo', input: { b: 2, a: 1 }, ...key })).toMatchObject({ body: { existed: true } })
    expect(await post({ task: 'echo', input: { a: 1 }, ...key })).toMatchObject({
      status: 409,
      body: { error: { code: 'IDEMPOTENCY_CONFLICT' } },
    })
    const many = await post({ jobs: [{ task: 'uuid', ...key }, { task: 'uuid' }] })
    expect(many.body.jobs).toMatchObject([{ error: { code: 'IDEMPOTENCY_CONFLICT' } }, { status: 'pending' }])
    await expect(jobs.submit('uuid', undefined, key)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
  })
})

describe('running again', () => {
  it('by rerun or retry begins a new life of a failed job under its id', async () => {
    const request = { id: `${namespace}:again`, task: 'fail', input: { code: 'NO', message: 'no' } }
    const socket = await RawSocket.open({ token, session: 'again' })
    socket.send({ type: 'submit', ref: 1, jobs: [request] })
    await socket.frame(failureAfter(request.id, 0))
    const first = await jobs.get(request.id)

    expect((await post(request)).body).toMatchObject({ status: 'failed', version: first.version, existed: true })
    const again = await post({ ...request, rerun: true })
    expect(again).toMatchObject({ status: 202, body: { status: 'pending', version: first.version + 1 } })
    // Those who watched it before are told of its new life.
    await socket.frame(failureAfter(request.id, first.version))
    const second = await jobs.get(request.id)
    expect(second.createdAt).toBeGreaterThan(first.createdAt)

    const retried = await post(undefined, `/jobs/${encodeURIComponent(request.id)}/retry`)
    expect(retried).toMatchObject({ status: 202, body: { status: 'pending', version: second.version + 1 } })
    await socket.frame(failureAfter(request.id, second.version))
    expect(await failureOf(request.id)).toMatchObject({ code: 'NO' })
  })

  it('never changes a success', async () => {
    const output = await jobs.run('uuid', undefined, { id: `${namespace}:done` })
    const id = encodeURIComponent(`${namespace}:done`)
    expect((await post({ id: `${namespace}:done`, task: 'uuid', rerun: true })).body).toMatchObject({ existed: true })
    expect(await post(undefined, `/jobs/${id}/retry`)).toMatchObject({
      status: 409,
      body: { error: { code: 'ALREADY_FINISHED' } },
    })
    expect(await jobs.get(`${namespace}:done`)).toMatchObject({ output, status: 'success' })
  })

  it('of an unknown job is a 404', async () => {
    expect(await post(undefined, '/jobs/nobody/retry')).toMatchObject({
      status: 404,
      body: { error: { code: 'JOB_NOT_FOUND' } },
    })
  })
})

describe("a task's input schema", () => {
  it('refuses invalid inputs before anything is stored, job by job', async () => {
    const answer = await post({
      jobs: [
        { id: `${namespace}:bad`, task: 'primes', input: { below: 'ten' } },
        { task: 'primes', input: { below: 10 } },
      ],
    })
    expect(answer.body.jobs).toMatchObject([
      { error: { code: 'INPUT_INVALID', path: 'jobs.0.input.below' } },
      { status: 'pending' },
    ])
    expect(await rest(`/jobs/${namespace}:bad`, { token })).toMatchObject({ status: 404 })
    expect(await jobs.result(answer.body.jobs[1].id)).toBe(4)
    expect(await post({ task: 'primes' })).toMatchObject({ status: 400, body: { error: { code: 'INPUT_INVALID' } } })
  })
})

describe('a delay', () => {
  it('postpones the first run, and is in the record meanwhile', async () => {
    const before = Date.now()
    const { body } = await post({ task: 'uuid', delay: '2s' })
    const record = await jobs.get(body.id)
    expect(record).toMatchObject({ status: 'pending', dueAt: record.createdAt + 2_000 })
    await jobs.result(body.id)
    expect(Date.now() - before).toBeGreaterThanOrEqual(1_900)
  })
})

describe('a batch', () => {
  it('of 2,000 jobs is one request, each with its own outcome, and all of them end', async () => {
    const body = {
      jobs: Array.from({ length: 2_000 }, (_, index) => ({
        id: `${namespace}:batch-${index}`,
        task: index % 500 === 499 ? 'no-such-task' : 'noop',
        tags: ['batch'],
      })),
    }
    const answer = await post(body)
    expect(answer.status).toBe(200)
    const outcomes = answer.body.jobs as { id: string; status?: string; error?: { code: string; path: string } }[]
    expect(outcomes.map(({ id }) => id)).toEqual(body.jobs.map(({ id }) => id))
    expect(outcomes.filter(({ error }) => error !== undefined).map(({ error }) => error!.path)).toEqual(
      [499, 999, 1_499, 1_999].map((index) => `jobs.${index}.task`),
    )
    expect(outcomes.filter(({ status }) => status === 'pending')).toHaveLength(1_996)
    const accepted = outcomes.filter(({ error }) => error === undefined)
    expect(await Promise.all(accepted.map(({ id }) => jobs.result(id)))).toEqual(accepted.map(() => null))
  }, 120_000)
})
