import { describe, expect, it } from '@jest/globals'
import type { APIGatewayProxyEvent, APIGatewayRequestAuthorizerEvent, SQSEvent } from 'aws-lambda'
import { createAuthorizerHandler } from '../../../../lambdas/handlers/sessions/authorizer.ts'
import { createDeadLettersHandler } from '../../../../lambdas/handlers/dead-letters/dead-letters.ts'
import { createRestHandler } from '../../../../lambdas/handlers/rest/rest.ts'
import type { SocketEvent } from '../../../../lambdas/handlers/sessions/socket.ts'
import { createSocketHandler } from '../../../../lambdas/handlers/sessions/socket.ts'
import { createWorkerHandler } from '../../../../lambdas/handlers/run/worker.ts'
import type { SessionRegistry } from '../../../../lambdas/domain/sessions/session-registry.ts'
import { MAX_JOBS_PER_FRAME, MAX_JOBS_PER_REQUEST, MAX_SOCKET_MESSAGE_BYTES } from '../../../../protocol/kit/limits.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { MemoryScheduleStore } from '../../../../sdk/src/testing/schedule-store.ts'
import { failedJob, listedJob, FakeJobPages } from '../../fakes/job-pages.ts'
import { MemoryDeliveries } from '../../fakes/memory-deliveries.ts'
import { FakeTimer } from '../../fakes/schedule-timer.ts'
import { MemoryWorkers, unregistered } from '../../fakes/memory-workers.ts'
import { createPlatform, jobOf, messageOf } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

const tasks = { echo: defineTask({ run: (input: unknown) => input }) }

function setUp() {
  const platform = createPlatform()
  const connections = new Map<string, string>()
  const registry: SessionRegistry = {
    connect: async ({ session, connectionId }) => void connections.set(session, connectionId),
    disconnect: async ({ session }) => void connections.delete(session),
    connectionOf: async (_namespace, session) => connections.get(session),
  }
  const pages = new FakeJobPages([listedJob({ id: 'a' }), failedJob('b', 'BROKEN')])
  const ports = {
    ...platform,
    schedules: new MemoryScheduleStore(),
    timer: new FakeTimer(),
    deliveries: new MemoryDeliveries(),
    workers: new MemoryWorkers(),
    presence: unregistered,
    secrets: async (namespace: string) => [`whsec_${namespace}`],
    pages,
    ...taskPorts(tasks),
    registry,
    socketUrl: 'wss://s/v1',
  }
  return { ...ports, connections, ports }
}

describe('REST', () => {
  function restOf(ports: ReturnType<typeof setUp>['ports']) {
    const handler = createRestHandler(ports)
    return async (
      method: string,
      path: string,
      body: string | null = null,
      authorizer: object = { namespace: 'acme' },
      query: Record<string, string[]> | null = null,
    ) => {
      const event = {
        httpMethod: method,
        path,
        pathParameters: path === '/' ? null : { proxy: path.slice(1) },
        body,
        multiValueQueryStringParameters: query,
        // API Gateway passes all values as strings.
        requestContext: { requestId: 'r-1', authorizer: { expiresAt: String(Date.UTC(2100, 0, 1)), ...authorizer } },
      } as unknown as APIGatewayProxyEvent
      const { statusCode, headers, body: text } = await handler(event)
      expect(headers).toMatchObject({ 'access-control-allow-origin': '*' })
      return { statusCode, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
    }
  }

  it('describes the deployment', async () => {
    expect(await restOf(setUp().ports)('GET', '/')).toMatchObject({
      statusCode: 200,
      body: { protocol: 1, socketUrl: 'wss://s/v1', namespace: 'acme' },
    })
  })

  it('accepts one job with 202, and many with 200', async () => {
    const rest = restOf(setUp().ports)
    const one = { id: 'made-0', status: 'pending', version: 1 }
    expect(await rest('POST', '/jobs', '{"task":"echo"}')).toMatchObject({ statusCode: 202, body: one })
    expect(await rest('POST', '/jobs', '{"jobs":[{"task":"echo","id":"b"},{"task":"nope"}]}')).toMatchObject({
      statusCode: 200,
      body: { jobs: [{ id: 'b', status: 'pending' }, { error: { code: 'UNKNOWN_TASK', path: 'jobs.1.task' } }] },
    })
  })

  it('answers the largest number of bad jobs within the size of a Lambda answer', async () => {
    const jobs = Array.from({ length: MAX_JOBS_PER_REQUEST }, () => ({ task: 'x'.repeat(128), ['y'.repeat(200)]: 1 }))
    const { statusCode, body } = await restOf(setUp().ports)('POST', '/jobs', JSON.stringify({ jobs }))
    expect(statusCode).toBe(200)
    expect((body as { jobs: unknown[] }).jobs).toHaveLength(MAX_JOBS_PER_REQUEST)
    expect(JSON.stringify(JSON.stringify(body)).length).toBeLessThan(6 * 1024 * 1024)
  })

  it('reads a job by an id that is encoded in the path', async () => {
    const rest = restOf(setUp().ports)
    await rest('POST', '/jobs', '{"task":"echo","id":"a:b","input":[1]}')
    expect(await rest('GET', '/jobs/a%3Ab')).toMatchObject({
      statusCode: 200,
      body: { job: { id: 'a:b', namespace: 'acme', task: 'echo', input: [1], status: 'pending' } },
    })
    expect(await rest('GET', '/jobs/a%3Ab', null, { namespace: 'other' })).toMatchObject({
      statusCode: 404,
      body: { error: { code: 'JOB_NOT_FOUND' } },
    })
  })

  it.each([
    ['an unknown task', 'POST', '/jobs', '{"task":"nope"}', 400, { code: 'UNKNOWN_TASK', path: 'task' }],
    ['malformed JSON', 'POST', '/jobs', '{', 400, { code: 'INVALID_JSON' }],
    ['no body', 'POST', '/jobs', null, 400, { code: 'INVALID_JSON' }],
    ['an unknown route', 'GET', '/nowhere', null, 404, { code: 'UNKNOWN_ROUTE' }],
    ['a bad id', 'GET', '/jobs/a%20b', null, 400, { code: 'INVALID_ID', path: 'id' }],
    ['a path that cannot be decoded', 'GET', '/jobs/%zz', null, 400, { code: 'INVALID_ID', path: 'id' }],
  ])('refuses %s', async (_, method, path, body, statusCode, error) => {
    expect(await restOf(setUp().ports)(method, path, body)).toMatchObject({ statusCode, body: { error } })
  })

  it('lists, counts and runs again', async () => {
    const { ports } = setUp()
    const rest = restOf(ports)
    const get = (path: string, query: Record<string, string[]> | null = null) =>
      rest('GET', path, null, { namespace: 'acme' }, query)
    expect(await get('/jobs', { limit: ['1'] })).toMatchObject({ statusCode: 200, body: { jobs: [{ id: 'a' }] } })
    expect(await get('/jobs', { limit: ['x'] })).toMatchObject({ statusCode: 400, body: { error: { path: 'limit' } } })
    expect(await get('/counts')).toMatchObject({ body: { counts: { pending: 1, failed: 1 }, total: 2 } })
    expect(await get('/counts', { prefix: ['a', 'b'] })).toMatchObject({ body: { error: { path: 'prefix' } } })
    expect(await get('/failures')).toMatchObject({ body: { codes: { BROKEN: 1 }, total: 1 } })
    expect(await get('/failures', { cursor: ['abc'] })).toMatchObject({ body: { error: { code: 'INVALID_CURSOR' } } })
    expect(await rest('POST', '/retries', '{"ids":["nobody"]}')).toMatchObject({
      statusCode: 200,
      body: { jobs: [{ id: 'nobody', error: { code: 'JOB_NOT_FOUND' } }] },
    })
    expect(await rest('POST', '/retries', '{}')).toMatchObject({ body: { error: { code: 'INVALID_REQUEST' } } })
  })

  it('says which methods a route takes', async () => {
    const rest = restOf(setUp().ports)
    expect(await rest('DELETE', '/jobs')).toMatchObject({ statusCode: 405, headers: { allow: 'POST, GET' } })
    expect(await rest('PUT', '/jobs/a')).toMatchObject({ statusCode: 405, headers: { allow: 'GET, DELETE' } })
  })

  it('refuses a token that has expired since it was checked', async () => {
    const { ports } = setUp()
    const authorizer = { namespace: 'acme', expiresAt: String(ports.clock.now()) }
    expect(await restOf(ports)('GET', '/', null, authorizer)).toMatchObject({
      statusCode: 401,
      body: { error: { code: 'UNAUTHENTICATED' } },
    })
  })

  it('refuses a request without a namespace', async () => {
    expect(await restOf(setUp().ports)('GET', '/', null, {})).toMatchObject({
      statusCode: 401,
      body: { error: { code: 'UNAUTHENTICATED' } },
    })
  })

  it('says of throttling what to do, for a list and for a job', async () => {
    const { ports, store } = setUp()
    store.before = () => {
      throw Object.assign(new Error('secret inside'), { name: 'ProvisionedThroughputExceededException' })
    }
    const answer = await restOf(ports)('GET', '/jobs/a')
    expect(answer).toMatchObject({ statusCode: 429, body: { error: { code: 'THROTTLED' } } })
    expect(JSON.stringify(answer)).not.toContain('secret')
  })

  it('answers an unexpected error with its request id and nothing else', async () => {
    const { ports, store, logged } = setUp()
    store.before = () => {
      throw new Error('secret inside')
    }
    const answer = await restOf(ports)('GET', '/jobs/a')
    expect(answer).toMatchObject({ statusCode: 500, body: { error: { code: 'INTERNAL' } } })
    expect(JSON.stringify(answer)).toContain('r-1')
    expect(JSON.stringify(answer)).not.toContain('secret')
    expect(JSON.stringify(logged)).toContain('secret inside')
  })
})

describe('the socket', () => {
  function socketOf(ports: ReturnType<typeof setUp>['ports']) {
    const handler = createSocketHandler(ports)
    return async (routeKey: string, body?: string, authorizer: unknown = { namespace: 'acme', session: 's' }) => {
      const requestContext = { routeKey, connectionId: 'c1', requestId: 'r-1', authorizer }
      const answer = await handler({ requestContext, body } as unknown as SocketEvent)
      return { ...answer, frame: answer.body.startsWith('{') ? (JSON.parse(answer.body) as unknown) : undefined }
    }
  }

  it('notes the connection of a session, and forgets it', async () => {
    const { ports, connections } = setUp()
    const socket = socketOf(ports)
    expect(await socket('$connect')).toMatchObject({ statusCode: 200 })
    expect(connections).toEqual(new Map([['s', 'c1']]))
    await socket('$disconnect')
    expect(connections.size).toBe(0)
  })

  it('refuses a connection without a session', async () => {
    expect(await socketOf(setUp().ports)('$connect', undefined, { namespace: 'acme' })).toMatchObject({
      statusCode: 400,
    })
  })

  it('answers frames', async () => {
    const socket = socketOf(setUp().ports)
    expect(await socket('$default', '{"type":"ping","ref":1}')).toMatchObject({ frame: { type: 'pong', ref: 1 } })
    expect(await socket('$default', '{"type":"submit","ref":2,"jobs":[{"task":"echo","id":"a"}]}')).toMatchObject({
      frame: { type: 'accepted', ref: 2, jobs: [{ id: 'a', status: 'pending', version: 1 }] },
    })
    expect(await socket('$default', '{"type":"subscribe","ref":3,"ids":["a","b"]}')).toMatchObject({
      frame: { type: 'state', ref: 3, jobs: [{ id: 'a', status: 'pending' }] },
    })
  })

  it('answers a bad frame and an unexpected error with the ref of the frame', async () => {
    const { ports, store } = setUp()
    const socket = socketOf(ports)
    expect(await socket('$default', '{"type":"dance","ref":7}')).toMatchObject({
      frame: { type: 'error', ref: 7, error: { code: 'UNKNOWN_FRAME' } },
    })
    store.before = () => {
      throw new Error('secret inside')
    }
    const subscribe = '{"type":"subscribe","ref":8,"ids":["a"]}'
    const answer = await socket('$default', subscribe)
    expect(answer).toMatchObject({ frame: { type: 'error', ref: 8, error: { code: 'INTERNAL' } } })
    store.before = () => {
      throw Object.assign(new Error('secret inside'), { name: 'ThrottlingException' })
    }
    expect(await socket('$default', subscribe)).toMatchObject({ frame: { ref: 8, error: { code: 'THROTTLED' } } })
    expect(answer.body).not.toContain('secret')
  })

  it.each([
    ['good', (id: string) => ({ id, task: 'echo' })],
    ['known', () => ({ id: 'known'.padEnd(128, '.'), task: 'echo' })],
    ['bad', (id: string) => ({ id, task: 'no-such-task' })],
    ['nonsensical', () => ({ x: 1 })],
  ])('answers the largest number of %s jobs of a frame within one message', async (_, job) => {
    const jobs = Array.from({ length: MAX_JOBS_PER_FRAME }, (_each, index) => job(`${index}`.padEnd(128, '.')))
    const answer = await socketOf(setUp().ports)('$default', JSON.stringify({ type: 'submit', ref: 1, jobs }))
    expect(Buffer.byteLength(answer.body)).toBeLessThanOrEqual(MAX_SOCKET_MESSAGE_BYTES)
    expect((answer.frame as { jobs: unknown[] }).jobs).toHaveLength(MAX_JOBS_PER_FRAME)
  })

  it('says of a job with too many watchers that it is to be asked for again', async () => {
    const { ports, store } = setUp()
    store.full.add('a')
    expect(await socketOf(ports)('$default', '{"type":"subscribe","ref":1,"ids":["a"]}')).toMatchObject({
      frame: { type: 'error', ref: 1, error: { code: 'THROTTLED', message: expect.stringContaining('watchers') } },
    })
  })
})

describe('the authorizer', () => {
  const verify = async (token: string) => (token === 'good' ? { ns: 'acme', sub: 'ada', exp: 7 } : { ns: 'a#b' })
  const handler = createAuthorizerHandler({ verify })
  const eventOf = (event: object) =>
    ({ methodArn: 'arn:aws:execute-api:eu-west-1:1:api/v1/GET/jobs', ...event }) as APIGatewayRequestAuthorizerEvent

  it('lets a REST token call every route', async () => {
    expect(await handler(eventOf({ headers: { authorization: 'Bearer good' }, requestContext: {} }))).toEqual({
      principalId: 'ada',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: 'arn:aws:execute-api:eu-west-1:1:api/v1/*' },
        ],
      },
      context: { namespace: 'acme', subject: 'ada', expiresAt: 7_000 },
    })
  })

  it('takes the token and the session of a socket from the query', async () => {
    const queryStringParameters = { token: 'good', session: 's-1' }
    const answer = await handler(eventOf({ queryStringParameters, requestContext: { connectionId: 'c' } }))
    expect(answer.context).toEqual({ namespace: 'acme', subject: 'ada', expiresAt: 7_000, session: 's-1' })
  })

  it('keeps no session with a REST token, because its answer is cached for others', async () => {
    const headers = { authorization: 'Bearer good' }
    const answer = await handler(eventOf({ headers, queryStringParameters: { session: 's-1' }, requestContext: {} }))
    expect(answer.context).toEqual({ namespace: 'acme', subject: 'ada', expiresAt: 7_000 })
  })

  it.each([
    ['no header', { headers: {}, requestContext: {} }],
    ['another scheme', { headers: { Authorization: 'Basic good' }, requestContext: {} }],
    ['a namespace that could reach into another', { headers: { Authorization: 'Bearer bad' }, requestContext: {} }],
    ['a token in the query of REST', { queryStringParameters: { token: 'good' }, requestContext: {} }],
  ])('refuses %s', async (_, event) => {
    await expect(handler(eventOf(event))).rejects.toThrow(/^Unauthorized$/)
  })
})

describe('the queues', () => {
  const eventOf = (bodies: readonly string[], receives = 1) =>
    ({
      Records: bodies.map((body, index) => ({
        messageId: `m${index}`,
        receiptHandle: `r${index}`,
        body,
        attributes: { ApproximateReceiveCount: String(receives), SentTimestamp: '0' },
      })),
    }) as unknown as SQSEvent
  const lambda = { getRemainingTimeInMillis: () => 30_000 }

  it('log a message that is no job, and fail its item only', async () => {
    const { ports, store, logged } = setUp()
    const job = jobOf('a')
    await store.insert([job], undefined)
    const event = eventOf(['{"nonsense":1}', JSON.stringify(messageOf(job))])
    expect(await createWorkerHandler(ports)(event, lambda)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
    expect(store.state('a')).toMatchObject({ status: 'success' })
    expect(logged).toMatchObject([['error', 'A message in a queue is not a job.', { messageId: 'm0' }]])
  })

  it('fail the job of a message that could not be read five times, and delete the message (I1)', async () => {
    const { ports, store, pusher } = setUp()
    await store.insert([jobOf('a'), jobOf('b')], 's@c')
    const unreadable = { ...messageOf(jobOf('a')), v: 2 }
    const otherLife = { ...messageOf(jobOf('b', 'echo', { createdAt: 5 })), v: 2 }
    const bodies = [unreadable, otherLife].map((message) => JSON.stringify(message))
    const worker = createWorkerHandler(ports)
    expect(await worker(eventOf(bodies, 4), lambda)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm1' }],
    })
    expect(store.state('a')).toMatchObject({ status: 'pending' })
    expect(await worker(eventOf([...bodies, 'broken'], 5), lambda)).toEqual({ batchItemFailures: [] })
    expect(pusher.updatesOf('a')).toMatchObject([
      { status: 'failed', attempts: 0, error: { code: 'MESSAGE_UNREADABLE' } },
    ])
    expect(store.state('b')).toMatchObject({ status: 'pending' })
  })

  it('fail the job of a dead letter for good, and tell its watchers (I1)', async () => {
    const { ports, store, pusher } = setUp()
    const jobs = [jobOf('lost'), jobOf('ended'), jobOf('expired')]
    await store.insert(jobs, 's@c')
    store.force('ended', { version: 2, status: 'success', attempts: 0, output: 1, finishedAt: 1 })
    store.forget('expired')
    const event = eventOf([...jobs.map((job) => JSON.stringify(messageOf(job))), 'broken'])
    expect(await createDeadLettersHandler(ports)(event)).toEqual({ batchItemFailures: [] })
    expect(pusher.updatesOf('lost')).toMatchObject([
      { version: 2, status: 'failed', error: { code: 'WORKER_CRASHED' } },
    ])
    expect(store.state('ended')).toMatchObject({ status: 'success' })
    expect(pusher.updatesOf('ended')).toMatchObject([{ status: 'success' }])
  })
})
