import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { JobwireError, type Jobwire } from '@jobwire/sdk'
import { MAX_PAYLOAD_BYTES } from '../../protocol/kit/limits.ts'
import { connectWithToken, itNeeds, rest, type Tasks, uniqueNamespace } from './support/target.ts'

const namespace = uniqueNamespace()
const MEGABYTE = 1024 * 1024
let jobs: Jobwire<Tasks>
let token: string

beforeAll(async () => {
  ;({ jobs, token } = await connectWithToken(namespace))
})
afterAll(() => jobs.close())

function post(body: string) {
  return rest('/jobs', { method: 'POST', token, body })
}

describe('a payload of a megabyte', () => {
  it('goes both ways without the caller noticing', async () => {
    const value = { text: 'Grüße 🌍 '.repeat(60_000), lines: Array.from({ length: 1_000 }, (_, line) => ({ line })) }
    expect(JSON.stringify(value).length).toBeGreaterThan(MEGABYTE / 2)
    const job = await jobs.submit('echo', value)
    expect(await job.result()).toEqual(value)
    expect(await jobs.get(job.id)).toMatchObject({ status: 'success', input: value, output: value })
  })

  it('goes several at once, next to small ones', async () => {
    const inputs = Array.from({ length: 6 }, (_, index) => ({
      index,
      text: 'x'.repeat(index % 2 === 0 ? 300_000 : 10),
    }))
    const outputs = await Promise.all(inputs.map((input) => jobs.run('echo', input)))
    expect(outputs).toEqual(inputs)
  })

  it('is whole in the updates, too, and nothing shows where it was kept', async () => {
    const text = 'y'.repeat(MEGABYTE)
    const job = await jobs.submit('echo', text)
    const updates = []
    for await (const update of job.updates()) updates.push(update)
    expect(updates.at(-1)).toMatchObject({ status: 'success', output: text })
    expect(JSON.stringify(updates)).not.toMatch(/outputRef|inputRef/)
  })
})

describe('the same id again', () => {
  it('with the same large input returns the first job, with another one a conflict, and the first input stays', async () => {
    const id = `${namespace}:large`
    const request = (letter: string) => JSON.stringify({ id, task: 'echo', input: letter.repeat(200_000) })
    expect((await post(request('a'))).status).toBe(202)
    expect(await jobs.result(id)).toBe('a'.repeat(200_000))
    expect((await post(request('a'))).body).toMatchObject({ id, status: 'success', existed: true })
    expect((await post(request('b'))).body.error).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
    const small = await post(JSON.stringify({ id, task: 'echo', input: 'a' }))
    expect(small.body.error).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
    expect(await jobs.get(id)).toMatchObject({ input: 'a'.repeat(200_000), output: 'a'.repeat(200_000) })
  })

  it('after a delete runs with the same large input', async () => {
    const id = `${namespace}:again`
    const input = 'd'.repeat(200_000)
    const body = JSON.stringify({ id, task: 'echo', input })
    for (let life = 1; life <= 2; life++) {
      const submitted = await post(body)
      expect(submitted.body).not.toHaveProperty('existed')
      // The client would return the result of the first life, which it knows.
      let job
      do ({ job } = (await rest(`/jobs/${id}`, { token })).body)
      while (job.status === 'pending' || job.status === 'running')
      expect(job).toMatchObject({ status: 'success', input, output: input })
      expect(await rest(`/jobs/${id}`, { method: 'DELETE', token })).toMatchObject({ status: 204 })
    }
  })
})

describe('a large payload elsewhere', () => {
  it('is there when a failed job runs again', async () => {
    const input = { code: 'TOO_HEAVY', message: 'no', ballast: 'b'.repeat(200_000) }
    const job = await jobs.submit('fail', input)
    await expect(job.result()).rejects.toMatchObject({ code: 'TOO_HEAVY' })
    const before = await jobs.get(job.id)
    const retried = await rest(`/jobs/${job.id}/retry`, { method: 'POST', token, body: '{}' })
    expect([retried.status, retried.body.error]).toEqual([202, undefined])
    await expect(jobs.result(job.id)).rejects.toMatchObject({ code: 'TOO_HEAVY' })
    const again = await jobs.get(job.id)
    expect(again).toMatchObject({ status: 'failed', version: before.version + 2, input })
  })

  it('is marked in a list', async () => {
    const id = `${namespace}:listed`
    await post(JSON.stringify({ id, task: 'echo', input: 'l'.repeat(200_000) }))
    await jobs.result(id)
    const list = await rest(`/jobs?prefix=${encodeURIComponent(id)}&include=input,output`, { token })
    expect(list.body.jobs).toMatchObject([{ id, status: 'success', inputOmitted: true, outputOmitted: true }])
    expect(JSON.stringify(list.body)).not.toMatch(/outputRef|inputRef/)
  })

  it('may be published', async () => {
    const id = `${namespace}:published`
    const body = JSON.stringify({ status: 'success', output: 'p'.repeat(200_000) })
    const publish = () => rest(`/jobs/${encodeURIComponent(id)}/publish`, { method: 'POST', token, body })
    expect((await publish()).status).toBe(200)
    expect((await publish()).status).toBe(200)
    expect(await jobs.result(id)).toHaveLength(200_000)
  })
})

describe('the limit', () => {
  // Two quotes around it, and each of them counts twice.
  const largest = 'z'.repeat(MAX_PAYLOAD_BYTES - 4)

  it('can be reached both ways; the record then leaves the input out', async () => {
    const job = await jobs.submit('echo', largest)
    expect(await job.result()).toBe(largest)
    const read = await rest(`/jobs/${job.id}`, { token })
    expect(read.status).toBe(200)
    expect(read.body.job).toMatchObject({ status: 'success', input: null, inputOmitted: true })
    expect(read.body.job.output).toHaveLength(largest.length)
  })

  it('cannot be passed: the SDK refuses at once, and so does the platform', async () => {
    const error: unknown = await jobs.run('echo', `${largest}z`).catch((reason: unknown) => reason)
    if (!JobwireError.is(error)) throw new Error(`not a JobwireError: ${String(error)}`)
    expect(error.code).toBe('PAYLOAD_TOO_LARGE')
    const answer = await post(JSON.stringify({ task: 'echo', input: `${largest}z` }))
    expect(answer.status).toBe(413)
    expect(answer.body.error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', path: 'input' })
    expect(answer.body.error.message).toContain('5 MB')
  })

  itNeeds('bodyLimit', 'is refused in the same words if even Lambda would not take it', async () => {
    const answer = await post(JSON.stringify({ task: 'echo', input: 'z'.repeat(8 * MEGABYTE) }))
    expect(answer.status).toBe(413)
    expect(answer.body.error.code).toBe('PAYLOAD_TOO_LARGE')
  })

  it('of an output fails the job, and says so', async () => {
    const job = await jobs.submit('repeat', { text: 'w', times: MAX_PAYLOAD_BYTES })
    await expect(job.result()).rejects.toMatchObject({ code: 'OUTPUT_TOO_LARGE' })
  })
})
