import { describe, expect, it } from '@jest/globals'
import { handleFrameText } from '../../../../lambdas/handlers/sessions/socket-frames.ts'
import { ROUTES } from '../../../../protocol/wire/rest.ts'
import { ROUTE_HANDLERS } from '../../../../lambdas/handlers/rest/rest-routes.ts'
import type { RestPorts } from '../../../../lambdas/handlers/rest/rest-routes.ts'
import { findRoute } from '../../../../lambdas/handlers/kit/rest-router.ts'
import { defineTask } from '../../../../protocol/job/task.ts'
import { createPlatform, jobOf } from '../../fakes/platform.ts'
import { taskPorts } from '../../fakes/task-ports.ts'

const tasks = { echo: defineTask({ run: (input: unknown) => input }) }

function setUp() {
  const platform = createPlatform()
  const ports = { ...platform, ...taskPorts(tasks) }
  const call = async (method: string, path: string, body = '') => {
    const route = findRoute(method, path)
    if (!route.ok) throw new Error(route.error.message)
    const request = { namespace: 'acme', body, pathParameters: route.value.parameters, query: {} }
    const { statusCode, body: text } = await ROUTE_HANDLERS[route.value.name](ports as unknown as RestPorts, request)
    return { statusCode, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }
  return { ...platform, ports, call }
}

describe('the routes of one job', () => {
  it('cancel, run again and delete it', async () => {
    const { call, store } = setUp()
    await store.insert([jobOf('a:b')], undefined)
    expect(await call('DELETE', '/jobs/a%3Ab')).toMatchObject({
      statusCode: 409,
      body: { error: { code: 'JOB_NOT_FINISHED' } },
    })
    expect(await call('POST', '/jobs/a%3Ab/cancel')).toMatchObject({
      statusCode: 200,
      body: { job: { id: 'a:b', status: 'cancelled', version: 2 } },
    })
    expect(await call('POST', '/jobs/a%3Ab/retry')).toEqual({
      statusCode: 202,
      body: { id: 'a:b', status: 'pending', version: 3 },
    })
    await call('POST', '/jobs/a%3Ab/cancel')
    expect(await call('DELETE', '/jobs/a%3Ab')).toEqual({ statusCode: 204, body: undefined })
  })

  it('publish on it', async () => {
    const { call } = setUp()
    expect(await call('POST', '/jobs/p/publish', '{"status":"success","output":1}')).toMatchObject({
      statusCode: 200,
      body: { job: { id: 'p', status: 'success', output: 1 } },
    })
    expect(await call('POST', '/jobs/p/publish', '{"status":"success","output":2}')).toMatchObject({
      statusCode: 409,
      body: { error: { code: 'ALREADY_FINISHED', path: 'id' } },
    })
    expect(await call('POST', '/jobs/p/publish', '{"status":"done"}')).toMatchObject({
      statusCode: 400,
      body: { error: { code: 'INVALID_REQUEST', path: 'status' } },
    })
  })

  it.each(ROUTES.filter(({ path }) => path.startsWith('/jobs/{id}')))(
    '$method $path refuses what is no id',
    async ({ method, path }) => {
      const { call } = setUp()
      expect(await call(method, path.replace('{id}', 'a%20b'), '{}')).toMatchObject({
        statusCode: 400,
        body: { error: { code: 'INVALID_ID', path: 'id' } },
      })
    },
  )

  it.each(['cancel', 'retry'])('%s of an unknown job is a 404', async (verb) => {
    const { call } = setUp()
    expect(await call('POST', `/jobs/nobody/${verb}`)).toMatchObject({
      statusCode: 404,
      body: { error: { code: 'JOB_NOT_FOUND' } },
    })
  })
})

describe('a cancel frame', () => {
  it('is answered in the order of its ids', async () => {
    const { ports, store } = setUp()
    await store.insert([jobOf('a'), jobOf('b')], undefined)
    store.force('b', { version: 2, status: 'success', attempts: 0 })
    const session = { namespace: 'acme', session: 's', connectionId: 'c' }
    const text = await handleFrameText(ports, session, '{"type":"cancel","ref":4,"ids":["b","x","a"]}', 'r')
    expect(JSON.parse(text)).toEqual({
      type: 'cancelled',
      ref: 4,
      jobs: [
        { id: 'b', status: 'success', version: 2 },
        { id: 'x', error: { code: 'JOB_NOT_FOUND', message: expect.any(String), path: 'id' } },
        { id: 'a', status: 'cancelled', version: 2 },
      ],
    })
  })
})
