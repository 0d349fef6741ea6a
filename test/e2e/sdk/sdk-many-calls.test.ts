import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { connectAs, mintToken, target, uniqueNamespace, type Tasks } from '../support/target.ts'

const namespace = uniqueNamespace()
const thirty = Array.from({ length: 30 }, (_, index) => index)
let jobs: Jobwire<Tasks>

beforeAll(async () => {
  jobs = await connectAs(namespace)
})
afterAll(() => jobs.close())

describe('many calls at a time', () => {
  it('give no warning of a leak, by REST, over the socket, and with one signal', async () => {
    const program = ['scripts/run.mjs', 'test/support/many-calls.ts', target.url, await mintToken(namespace)]
    const { stdout } = await promisify(execFile)(process.execPath, program, { timeout: 25_000 })
    expect(JSON.parse(stdout)).toEqual([])
  })

  it('with one signal all end when it aborts', async () => {
    const abort = new AbortController()
    const waiting = thirty.map(() => jobs.result('nobody-submits-this', { signal: abort.signal }))
    abort.abort()
    const ends = await Promise.allSettled(waiting)
    expect(ends.map((end) => end.status === 'rejected' && end.reason.code)).toEqual(thirty.map(() => 'ABORTED'))
  })
})
