import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect, type Jobwire } from '@jobwire/sdk'
import { resultKey } from '../../lambdas/aws/job/result-item.ts'
import { createRegistryTable } from '../../lambdas/aws/sessions/registry-table.ts'
import { inParallel } from '../../lambdas/domain/kit/in-parallel.ts'
import { parseSettings } from '../../lib/settings.ts'
import { realClock } from '../../local/clock.ts'
import type { JobStatus } from '../../protocol/job/job.ts'
import type { ServerFrame } from '../../protocol/wire/frames.ts'
import type { tasks } from '../../tasks/index.ts'
import { deployStack, synthesizeWith, type DeployedStack } from '../support/deployed-stack.ts'
import { openPlainSocket, type PlainSocket } from '../support/plain-socket.ts'

const NAMESPACE = 'watchers'
const SESSIONS = 1_500
const SESSIONS_AT_ONCE = 50
/** As many as a record has room for. */
const MAX_WATCHERS = 1_000
const RUNNING = 40
const HOUR_MS = 3_600_000

let stack: DeployedStack
let token: string
let jobs: Jobwire<typeof tasks>

beforeAll(async () => {
  stack = await deployStack(await synthesizeWith({}))
  token = await stack.token(NAMESPACE, 3_600)
  jobs = await connect<typeof tasks>({ url: stack.restUrl, token })
}, 60_000)
afterAll(async () => {
  await jobs.close()
  await stack.close()
})

const openSocket = (session: string): Promise<PlainSocket> =>
  openPlainSocket(stack.cloud.outputs.SocketUrl!, token, session)
/** Counts how often an update of a job came with that status. */
const countUpdates = (frames: readonly ServerFrame[], id: string, status: JobStatus): number =>
  frames
    .flatMap((frame) => (frame.type === 'jobs' ? frame.jobs : []))
    .filter((update) => update.id === id && update.status === status).length
const hasAnswer = (ref: number) => (frames: readonly ServerFrame[]) =>
  frames.some((frame) => 'ref' in frame && frame.ref === ref)

/** Subscribes, and again if the platform asks for it, but not if the job has no room. */
async function subscribe(socket: PlainSocket, id: string): Promise<ServerFrame> {
  for (let ref = 1; ; ref++) {
    socket.send({ type: 'subscribe', ref, ids: [id] })
    await socket.until(hasAnswer(ref))
    const answer = socket.frames.find((frame) => 'ref' in frame && frame.ref === ref)!
    if (answer.type !== 'error' || !['INTERNAL', 'UNAVAILABLE'].includes(answer.error.code)) return answer
  }
}

describe('a job that sessions watch, one after another,', () => {
  it(`has room for ${SESSIONS}, and the last ones get its state and its end`, async () => {
    const id = 'visited'
    await jobs.submit('uuid', undefined, { id, delay: '15m' })
    let last: PlainSocket[] = []
    for (let from = 0; from < SESSIONS; from += SESSIONS_AT_ONCE) {
      await Promise.all(last.map((socket) => socket.close()))
      last = await Promise.all(
        Array.from({ length: SESSIONS_AT_ONCE }, async (_, index) => {
          const socket = await openSocket(`visitor-${from + index}`)
          const state = await subscribe(socket, id)
          expect(state).toMatchObject({ type: 'state', jobs: [{ id, status: 'pending' }] })
          expect(state).not.toHaveProperty('refused')
          return socket
        }),
      )
    }
    await jobs.cancel(id)
    await Promise.all(last.map((socket) => socket.until((frames) => countUpdates(frames, id, 'cancelled') > 0)))
    await Promise.all(last.map((socket) => socket.close()))
  }, 180_000)
})

describe('a job that has no room for another watcher', () => {
  const full = 'full'

  /** Fills the record with watchers whose sessions are connected, as far as the registry knows. */
  async function fill(): Promise<void> {
    const { endpoint, region, outputs } = stack.cloud
    const credentials = { accessKeyId: 'anything', secretAccessKey: 'anything' }
    const client = new DynamoDBClient({ endpoint, region, credentials })
    const registry = createRegistryTable({ client, tableName: outputs.RegistryTableName!, clock: realClock })
    const sessions = Array.from({ length: MAX_WATCHERS }, (_, index) => ({
      namespace: NAMESPACE,
      session: `live-${index}`,
      connectionId: `c${String(index).padStart(14, '0')}=`,
      connectedAt: Date.now(),
      expiresAt: Date.now() + HOUR_MS,
    }))
    await inParallel(sessions, 16, (session) => registry.connect(session))
    await client.send(
      new UpdateItemCommand({
        TableName: outputs.ResultsTableName!,
        Key: resultKey({ namespace: NAMESPACE, id: full }, parseSettings({}).resultShards),
        UpdateExpression: 'ADD watchers :all, watchRevision :one',
        ExpressionAttributeValues: {
          ':all': { SS: sessions.map(({ session, connectionId }) => `${session}@${connectionId}`) },
          ':one': { N: '1' },
        },
      }),
    )
    client.destroy()
  }

  it('is refused alone, and a client that waits for it gets its end by asking again', async () => {
    for (const id of [full, 'beside-1', 'beside-2']) await submitByRest(id)
    await fill()
    const socket = await openSocket('late')
    socket.send({ type: 'subscribe', ref: 1, ids: ['beside-1', full, 'beside-2'] })
    await socket.until(hasAnswer(1))
    expect(socket.frames).toMatchObject([
      {
        type: 'state',
        jobs: [{ id: 'beside-1' }, { id: 'beside-2' }],
        refused: [{ id: full, error: { code: 'THROTTLED' } }],
      },
    ])

    const codeOf = (wait: Promise<unknown>) => wait.then(String, (error: { code: string }) => error.code)
    const [impatient, patient, ...beside] = [
      codeOf(jobs.result(full, { timeout: '2s' })),
      codeOf(jobs.result(full)),
      codeOf(jobs.result('beside-1')),
      codeOf(jobs.result('beside-2')),
    ]
    for (const id of ['beside-1', 'beside-2']) await jobs.cancel(id)
    expect(await Promise.all(beside)).toEqual(['JOB_CANCELLED', 'JOB_CANCELLED'])
    expect(await impatient).toBe('RESULT_TIMEOUT')
    await jobs.cancel(full)
    expect(await patient).toBe('JOB_CANCELLED')
    await socket.close()
  }, 60_000)

  /** Submits a job without watching it. */
  async function submitByRest(id: string): Promise<void> {
    const answer = await fetch(`${stack.restUrl}/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ id, task: 'uuid', delay: '15m' }),
    })
    expect(answer.status).toBe(202)
  }
})

describe(`a cancel of ${RUNNING} running jobs`, () => {
  it('pushes the end of each exactly once', async () => {
    const ids = Array.from({ length: RUNNING }, (_, index) => `run-${index}`)
    const socket = await openSocket('canceller')
    const each = (status: JobStatus) => (frames: readonly ServerFrame[]) =>
      ids.every((id) => countUpdates(frames, id, status) > 0)
    const input = { ms: 20_000 }
    socket.send({ type: 'submit', ref: 1, jobs: ids.map((id) => ({ id, task: 'wait', input })) })
    await socket.until(each('running'))
    socket.send({ type: 'cancel', ref: 2, ids })
    await socket.until(each('cancelled'))
    // The runs have heard of it, their messages are gone, and nothing is left that could push.
    await untilIdle()
    socket.send({ type: 'ping', ref: 3 })
    await socket.until(hasAnswer(3))
    expect(ids.map((id) => countUpdates(socket.frames, id, 'cancelled'))).toEqual(ids.map(() => 1))
    await socket.close()
  }, 60_000)

  async function untilIdle(): Promise<void> {
    for (let quiet = 0; quiet < 5;) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      const { invocations, visible } = stack.cloud.activity()
      quiet = invocations === 0 && visible === 0 ? quiet + 1 : 0
    }
  }
})
