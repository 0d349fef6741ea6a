import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Jobwire } from '@jobwire/sdk'
import type { WebhookEvent } from '@jobwire/sdk/webhook'
import { createApp as createExpress } from '../../examples/express/server.ts'
import { createApp as createHono } from '../../examples/hono/server.ts'
import { GET, POST } from '../../examples/next/route.ts'
import { connectAs, mintToken, rest, uniqueNamespace, type Tasks } from '../e2e/support/target.ts'
import { listen, type Listening } from './listening.ts'

type Send = (path: string, init?: RequestInit) => Promise<Response>

const namespace = uniqueNamespace()
const ended: WebhookEvent[] = []
let told = (_event: WebhookEvent): void => undefined
let jobs: Jobwire<Tasks>
let webhookSecret: string
let express: Listening

beforeAll(async () => {
  jobs = await connectAs(namespace)
  const token = await mintToken(namespace)
  process.env.JOBWIRE_TOKEN = token
  webhookSecret = (await rest('/webhooks/secret', { token })).body.secret
  const onEnd = (event: WebhookEvent): void => {
    ended.push(event)
    told(event)
  }
  express = await listen(createExpress({ jobs, webhookSecret, publicUrl: () => express.url, onEnd }))
})
afterAll(async () => {
  await express.close()
  await jobs.close()
})

const hono = (path: string, init?: RequestInit) =>
  Promise.resolve(
    createHono({ jobs, webhookSecret, onEnd: (event) => void ended.push(event) }).request(`http://hono${path}`, init),
  )

const next: Send = (path, init) => {
  const request = new Request(`http://next${path.replace(/^\/greetings\/(.*)/, '/greetings?id=$1')}`, init)
  return request.method === 'POST' ? POST(request) : GET(request)
}

const targets: [string, Send][] = [
  ['Express', (path, init) => fetch(express.url + path, init)],
  ['Hono', hono],
  ['Next', next],
]

const post = (send: Send, name: unknown): Promise<Response> =>
  send('/greetings', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })

describe.each(targets)('the example for %s', (_name, send) => {
  it('answers a submit with 202 and the id, and waits for the result', async () => {
    const submitted = await post(send, 'Ada')
    expect(submitted.status).toBe(202)
    const { id } = (await submitted.json()) as { id: string }
    const answer = await send(`/greetings/${id}`)
    expect(await answer.json()).toEqual({ greeting: 'Hello, Ada!' })
  })

  it('answers an error of the platform with its status', async () => {
    const answer = await send('/greetings/nobody')
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ error: { code: 'JOB_NOT_FOUND' } })
    const job = await jobs.submit('fail', { code: 'OUT_OF_PAPER' })
    expect((await send(`/greetings/${job.id}`)).status).toBe(422)
  })

  it('stops waiting when the caller has gone, and the job goes on', async () => {
    const job = await jobs.submit('wait', { ms: 60_000 }, { runTimeout: '20s' })
    const gone = new AbortController()
    const answer = send(`/greetings/${job.id}`, { signal: gone.signal })
    for await (const { status } of job.updates()) if (status === 'running') break
    gone.abort()
    const outcome = await answer.then(
      async (response) => ((await response.json()) as { error: { code: string } }).error.code,
      (error: Error) => error.name,
    )
    expect(['AbortError', 'ABORTED']).toContain(outcome)
    expect(await jobs.cancel(job.id)).toMatchObject({ status: 'cancelled' })
  })
})

describe('a webhook', () => {
  it('reaches the example for Express', async () => {
    const { id } = (await (await post(targets[0]![1], 'Lin')).json()) as { id: string }
    const isOurs = ({ data }: WebhookEvent): boolean => data.job.id === id
    const event =
      ended.find(isOurs) ??
      (await new Promise<WebhookEvent>((resolve) => (told = (came) => isOurs(came) && resolve(came))))
    expect(event).toMatchObject({
      type: 'job.success',
      data: { job: { output: 'Hello, Lin!' }, data: { greeted: 'Lin' } },
    })
  })

  it.each(targets.slice(0, 2))('without a signature is refused by the example for %s', async (_name, send) => {
    const before = ended.length
    expect((await send('/webhooks', { method: 'POST', body: '{"type":"job.success"}' })).status).toBe(400)
    expect(ended).toHaveLength(before)
  })
})
