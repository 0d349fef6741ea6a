import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'
import { Receiver } from '../support/receiver.ts'
import { deployStack, synthesizeWith, type DeployedStack } from '../support/deployed-stack.ts'
import { readExamples, readTable, type Example } from './protocol-document/document.ts'
import { DocumentClient } from './protocol-document/document-client.ts'
import { findDifference } from './protocol-document/shape.ts'

const RESIZE = '01k5yk8j3v0q9x6m2r4t7b1d5f'
const HOOK = '/jobs'
const examples = readExamples()
const sections = [...new Set(examples.map(({ section }) => section))]

describe('docs/PROTOCOL.md, on the local cloud', () => {
  let stack: DeployedStack
  let receiver: Receiver

  beforeAll(async () => {
    receiver = await Receiver.listen()
    const tasksPath = 'test/fixtures/document-tasks/index.ts'
    stack = await deployStack(await synthesizeWith({ tasksPath, webhookTargets: 'any' }), { log: () => undefined })
  }, 60_000)
  afterAll(async () => {
    await stack.close()
    await receiver.close()
  })

  async function clientOf(namespace: string): Promise<DocumentClient> {
    return new DocumentClient(stack.restUrl, await stack.token(namespace, 3_600))
  }

  /** The state of the platform that a section takes for granted. */
  async function prepare(section: string, client: DocumentClient): Promise<void> {
    if (section === 'Lists') {
      await client.call('POST', '/jobs', { id: 'import-7:42', task: 'import' })
      await client.poll('import-7:42')
    } else if (section === 'Workers') {
      while ((await client.call('GET', '/workers')).body.workers.length === 0) {
        await client.call('POST', '/jobs', { task: 'resize' })
      }
    } else if (section === 'Webhooks') {
      receiver.answers(HOOK, [503, 'hang up', 204])
      const webhook = { url: receiver.url(HOOK), data: { order: 17 } }
      await client.call('POST', '/jobs', { id: RESIZE, task: 'resize', webhook })
    } else if (section === 'Frames') {
      const error = { code: 'OUT_OF_PAPER', message: 'Load tray 2.' }
      await client.call('POST', '/jobs/order-17/publish', { status: 'failed', error })
      await client.connect()
    }
  }

  /** Waits until two requests of the webhook have failed and its job's log says so, as the example has it. */
  async function deliveries(client: DocumentClient, path: string): Promise<unknown> {
    for (;;) {
      const { body } = await client.call('GET', path)
      if (body.deliveries[0]?.attempts.length === 2) return body
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Executes one example. Returns the first difference from the document. */
  async function execute(
    client: DocumentClient,
    { info, value }: Example,
    sent: { answer?: unknown },
  ): Promise<string | undefined> {
    const [kind, ...words] = info.split(' ')
    if (kind === 'request') {
      sent.answer = await client.call(words[0]!, words[1]!, value)
      return undefined
    }
    if (kind === 'answer' && words.length === 1) {
      return findDifference(sent.answer, { status: Number(words[0]), body: value })
    }
    if (kind === 'answer' && words[1]!.endsWith('/deliveries')) {
      return findDifference(await deliveries(client, words[1]!), value)
    }
    if (kind === 'answer') {
      // Any number of workers may run by now: one on a page is enough.
      const query = words[1] === '/workers' ? '?limit=1' : ''
      const { status, body } = await client.call(words[0]!, words[1]! + query)
      delete body.next
      return findDifference({ status, body }, { status: Number(words[2]), body: value })
    }
    if (kind === 'webhook') return findDifference(JSON.parse((await receiver.next(HOOK)).body), value)
    if (kind !== 'frame') return `The example "${info}" is of an unknown kind.`
    if (readTable('From the client').some(([type]) => type === value.type)) {
      client.send(value)
      return undefined
    }
    const isOurs = ({ type, ref, jobs }: any) => type === value.type && ref === value.ref && !isUnderWay(jobs)
    return findDifference(await client.received(isOurs), value)
  }

  /** On a slow machine, a push may tell that the job runs before it has ended. */
  function isUnderWay(jobs: readonly { status: string }[] | undefined): boolean {
    return jobs?.some(({ status }) => status === 'running') ?? false
  }

  it.each(sections)('each example of "%s" happens as it is written', async (section) => {
    const client = await clientOf(`doc-${sections.indexOf(section)}`)
    await prepare(section, client)
    const sent = {}
    for (const example of examples.filter((each) => each.section === section)) {
      expect(await execute(client, example, sent)).toBeUndefined()
    }
    client.cut()
  })

  it('a client made from its tables submits, and gets the result by a push', async () => {
    const client = await clientOf('second')
    await client.connect()
    const { jobs } = await client.ask({
      type: 'submit',
      jobs: [{ id: 'pushed', task: 'greet', input: { name: 'Ada' } }, { task: 'resise' }],
    })
    expect(jobs).toMatchObject([{ id: 'pushed', version: 1 }, { error: { code: 'UNKNOWN_TASK' } }])
    expect(await client.ended('pushed')).toMatchObject({ status: 'success', output: 'Hello, Ada!' })
    expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' })
    client.cut()
  })

  it('loses its connection, comes back with the same session, and gets what it missed', async () => {
    const client = await clientOf('second')
    await client.connect()
    const job = { id: 'missed', task: 'greet', input: { name: 'Al' }, delay: '1s' }
    await client.ask({ type: 'submit', jobs: [job] })
    client.cut()
    await client.poll('missed')
    await client.connect()
    // Its submit may have been lost: it sends the same again.
    const { jobs } = await client.ask({ type: 'submit', jobs: [job] })
    expect(jobs).toMatchObject([{ id: 'missed', status: 'success', existed: true }])
    const state = await client.ask({ type: 'subscribe', ids: ['missed'] })
    expect(state.jobs).toMatchObject([{ id: 'missed', status: 'success', output: 'Hello, Al!' }])
    client.cut()
  })

  it('has the same by polling alone', async () => {
    const client = await clientOf('second')
    expect(await client.call('GET', '/jobs/polled')).toMatchObject({ status: 404 })
    const answer = await client.call('POST', '/jobs', { id: 'polled', task: 'greet', input: { name: 'Bo' } })
    expect(answer).toMatchObject({ status: 202, body: { id: 'polled', version: 1 } })
    expect(await client.poll('polled')).toMatchObject({ status: 'success', output: 'Hello, Bo!' })
  })

  it.each([
    ['no session', '', 400],
    ['a session that breaks the rule for ids', '&session=..', 400],
    ['a session', '&session=s', 'open'],
  ])('the handshake with %s is answered as the close codes say', async (_, query, wanted) => {
    const token = await stack.token('rules', 3_600)
    const socket = new WebSocket(`${stack.cloud.outputs.SocketUrl!}?token=${token}${query}`)
    const status = new Promise((resolve) => {
      socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
      socket.on('open', () => resolve('open'))
    })
    expect(await status).toBe(wanted)
    socket.on('error', () => undefined).terminate()
  })

  it('bodies and frames that break its rules are refused as it says', async () => {
    const token = await stack.token('rules', 3_600)
    const post = async (body: string | Buffer): Promise<any> => {
      const headers = { authorization: `Bearer ${token}` }
      return (await fetch(`${stack.restUrl}/jobs`, { method: 'POST', headers, body })).json()
    }
    const job = { task: 'report', id: 'a' }
    expect(await post(`\uFEFF${JSON.stringify(job)}`)).toMatchObject({ error: { code: 'INVALID_JSON' } })
    expect(await post(JSON.stringify({ ...job, delay: '1h', ttl: '1h' }))).toMatchObject({ error: { path: 'ttl' } })
    expect(await post(JSON.stringify({ ...job, delay: '1h30m' }))).toMatchObject({ error: { path: 'delay' } })
    expect(await post(JSON.stringify({ ...job, delay: '1.5h' }))).toMatchObject({ status: 'pending' })
    const bytes = Buffer.concat([
      Buffer.from('{"task":"report","id":"b","tags":["'),
      Buffer.of(0xff),
      Buffer.from('"]}'),
    ])
    expect(await post(bytes)).toMatchObject({ status: 'pending' })
    const client = await clientOf('rules')
    expect((await client.call('GET', '/jobs/b')).body.job.tags).toEqual(['\uFFFD'])
    await client.connect()
    client.send({ type: 'ping', ref: -1 })
    const isRefusal = ({ type, ref }: any) => type === 'error' && ref === undefined
    expect(await client.received(isRefusal)).toMatchObject({ error: { code: 'INVALID_REQUEST', path: 'ref' } })
    const ids = Array.from({ length: 501 }, (__, index) => `x${index}`)
    expect(await client.ask({ type: 'cancel', ids })).toMatchObject({
      error: { code: 'PAYLOAD_TOO_LARGE', path: 'ids' },
    })
    client.cut()
  })
})
