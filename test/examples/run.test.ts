import { describe, expect, it } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { mintToken, uniqueNamespace } from '../e2e/support/target.ts'

const namespace = uniqueNamespace()

async function start(name: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'examples/run.ts', name], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'close')
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += String(chunk)))
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited])
  const stop = async (): Promise<unknown> => {
    child.kill('SIGINT')
    return (await exited)[0]
  }
  return { line: String(line[0]), stop, complaints: () => complaints }
}

describe('an example, started as its page says', () => {
  it.each(['express', 'hono', 'next'])('%s serves a submit and its result, and ends', async (name) => {
    const { line, stop } = await start(name, { JOBWIRE_TOKEN: await mintToken(namespace) })
    const url = `${line.slice(line.indexOf('http'))}/greetings`
    const headers = { 'content-type': 'application/json' }
    const submitted = await fetch(url, { method: 'POST', headers, body: '{"name": "Ada"}' })
    expect(submitted.status).toBe(202)
    const { id } = (await submitted.json()) as { id: string }
    const answer = await fetch(name === 'next' ? `${url}?id=${id}` : `${url}/${id}`)
    expect(await answer.json()).toEqual({ greeting: 'Hello, Ada!' })
    expect(await stop()).toBe(0)
  })

  it('says which names it takes', async () => {
    const { stop, complaints } = await start('expres', { JOBWIRE_TOKEN: 'any' })
    expect(await stop()).toBe(1)
    expect(complaints()).toContain('Give one of browser, react, express, hono, next')
  })
})
