import { afterEach, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import { callsWithOptions } from '../support/bad-calls.ts'
import { connectAs, mintToken, uniqueNamespace } from '../support/target.ts'

const opened: Jobwire<any>[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.close()))
})

async function connected(
  token: string | (() => Promise<string>),
  namespace = uniqueNamespace(),
): Promise<Jobwire<any>> {
  const client = await connectAs(namespace, { token, cache: false })
  opened.push(client)
  return client
}

/** The calls that would do something if they were allowed to. */
const callsOf = (client: Jobwire<any>) => callsWithOptions(client).filter(([name]) => !name.endsWith('of none'))

async function codeOf(made: any): Promise<unknown> {
  try {
    const answer =
      typeof made[Symbol.asyncIterator] === 'function' && !('then' in made) ? await made.next() : await made
    // A submitMany has an outcome for each job.
    return Array.isArray(answer) ? answer[0]?.error?.code : answer
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

describe('a token that has expired', () => {
  it('does not connect', async () => {
    await expect(connected(await mintToken('n', -60))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('fails every call, and nothing is half done', async () => {
    const namespace = uniqueNamespace()
    const expired = await mintToken(namespace, -60)
    let token = await mintToken(namespace)
    // The callback acts as a string would: it returns the same token for ever, also once it has expired.
    const client = await connected(async () => token, namespace)
    token = expired
    for (const [name, call] of callsOf(client)) {
      expect([name, await codeOf(call({}))]).toEqual([name, 'UNAUTHENTICATED'])
    }
    const other = await connected(await mintToken(namespace), namespace)
    expect(await other.counts()).toMatchObject({ total: 0 })
    expect((await other.schedules.list()).schedules).toEqual([])
    token = await mintToken(namespace)
    expect(await client.run('greet', { name: 'Ada' })).toBe('Hello, Ada!')
  })
})

describe('a token that is refreshed by a callback', () => {
  it('is asked for again by each request, but not by the jobs of a map, which the socket carries', async () => {
    const namespace = uniqueNamespace()
    let asked = 0
    const client = await connected(async () => {
      asked++
      return mintToken(namespace)
    }, namespace)
    const outputs: unknown[] = []
    for await (const output of client.map('echo', [0, 1, 2, 3, 4, 5], { concurrency: 1 })) outputs.push(output)
    expect(outputs).toEqual([0, 1, 2, 3, 4, 5])
    // Once to connect, and once for the socket.
    expect(asked).toBe(2)
    const before = asked
    await client.counts()
    await client.counts()
    expect(asked).toBe(before + 2)
  })
})
