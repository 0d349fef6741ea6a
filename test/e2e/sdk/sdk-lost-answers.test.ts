import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { connectAs, uniqueNamespace, type Tasks } from '../support/target.ts'

const namespace = uniqueNamespace()
const realFetch = globalThis.fetch
let jobs: Jobwire<Tasks>
/** The lost answers, each by its method and path. */
let lost: string[] = []

beforeAll(async () => {
  jobs = await connectAs(namespace, { cache: false })
})
afterEach(() => {
  globalThis.fetch = realFetch
})
afterAll(() => jobs.close())

/** The platform does the next request of that method, but the answer is lost on its way. */
function loseAnswer(method: string, meanwhile: () => Promise<unknown> = async () => {}): void {
  lost = []
  globalThis.fetch = async (url, init) => {
    const response = await realFetch(url, init)
    if (init?.method !== method || lost.length > 0) return response
    lost.push(`${method} ${new URL(String(url)).pathname.split('/').at(-1)}`)
    await response.text()
    await meanwhile()
    throw new TypeError('fetch failed')
  }
}

const failedJob = async () => {
  const job = await jobs.submit('fail', { code: 'NO' })
  await job.result().catch(() => {})
  return job.id
}

describe('a call whose first answer is lost still succeeds', () => {
  it('delete', async () => {
    const job = await jobs.submit('uuid')
    await job.result()
    loseAnswer('DELETE')
    await jobs.delete(job.id)
    expect(lost).toHaveLength(1)
    await expect(jobs.status(job.id)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
  })

  it('but a delete of a job that never existed is refused', async () => {
    await expect(jobs.delete('never-was')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
  })

  it('cancel', async () => {
    const job = await jobs.submit('uuid', undefined, { delay: '1h' })
    loseAnswer('POST')
    expect(await jobs.cancel(job.id)).toMatchObject({ id: job.id, status: 'cancelled' })
    expect(lost).toEqual(['POST cancel'])
  })

  it('publish, which changes nothing the second time', async () => {
    const id = `${namespace}:printed`
    loseAnswer('POST')
    const told = await jobs.publish(id, { status: 'success', output: { pages: 12 } })
    expect(lost).toEqual(['POST publish'])
    expect(told).toMatchObject({ status: 'success', output: { pages: 12 } })
    expect((await jobs.get(id)).version).toBe(told.version)
  })

  it('retry, while the job runs', async () => {
    const id = await failedJob()
    loseAnswer('POST')
    expect((await jobs.retry(id)).id).toBe(id)
    expect(lost).toEqual(['POST retry'])
  })

  it('retry, when the job has succeeded meanwhile', async () => {
    const id = `${namespace}:second-time`
    await jobs.submit('wait', { ms: 1 }, { id, delay: '1h' })
    await jobs.cancel(id)
    loseAnswer('POST', () => jobs.result(id))
    const job = await jobs.retry(id)
    expect(lost).toEqual(['POST retry'])
    expect(job.status).toBe('success')
    expect(await job.result()).toEqual({ waitedMs: 1 })
  })

  it('but a retry of a success is refused', async () => {
    const job = await jobs.submit('uuid')
    await job.result()
    await expect(jobs.retry(job.id)).rejects.toMatchObject({ code: 'ALREADY_FINISHED' })
  })

  it('schedules.create and schedules.delete', async () => {
    const { schedules } = jobs
    loseAnswer('POST')
    const made = await schedules.create({ name: 'nightly', task: 'uuid', cron: '0 3 * * ? *' })
    expect(lost).toEqual(['POST schedules'])
    expect(await schedules.get('nightly')).toEqual(made)
    loseAnswer('DELETE')
    await schedules.delete('nightly')
    expect(lost).toEqual(['DELETE nightly'])
    await expect(schedules.delete('nightly')).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' })
  })
})
