import { describe, expect, it } from '@jest/globals'
import { startOnFreePort } from '../../../../cli/dev/free-port.ts'

/** Makes a start that fails on these ports as a server does, inside of another error. */
function startUnless(taken: readonly number[]) {
  return (port: number): Promise<number> => {
    if (!taken.includes(port)) return Promise.resolve(port)
    const cause = Object.assign(new Error('in use'), { code: 'EADDRINUSE' })
    return Promise.reject(new Error('It could not listen.', { cause }))
  }
}

describe('the port', () => {
  it('is the usual one, or the next one that is free', async () => {
    expect(await startOnFreePort(undefined, startUnless([]))).toEqual({ started: 4777, taken: [] })
    expect(await startOnFreePort(undefined, startUnless([4777, 4778]))).toEqual({ started: 4779, taken: [4777, 4778] })
  })

  it('is the given one, or the next one that is free', async () => {
    expect(await startOnFreePort(9000, startUnless([9000]))).toEqual({ started: 9001, taken: [9000] })
  })

  it('is any port for 0, and if too many are taken', async () => {
    expect(await startOnFreePort(0, startUnless([]))).toEqual({ started: 0, taken: [] })
    const many = Array.from({ length: 20 }, (_, index) => 4777 + index)
    expect((await startOnFreePort(undefined, startUnless(many))).started).toBe(0)
  })

  it('does not hide another error', async () => {
    await expect(startOnFreePort(undefined, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  })
})
