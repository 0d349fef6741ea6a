import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import { ShiftedClock } from '../../local/shifted-clock.ts'
import { isTerminal, type JobRecord } from '../../protocol/job/job.ts'
import { deployStack, type DeployedStack, synthesizeWith } from '../support/deployed-stack.ts'

/** A message is hidden for so long after a crash. No wait of a suspect is longer. */
const HOLD_MS = 18_000
const WORKER_TIMEOUT_S = 2

describe('jobs that crash their worker', () => {
  const clock = new ShiftedClock()
  const log: string[] = []
  let stack: DeployedStack
  let token: string

  beforeAll(async () => {
    const assemblyDir = await synthesizeWith({
      tasksPath: 'test/fixtures/crashing-tasks/index.ts',
      lanes: { default: { timeout: `${WORKER_TIMEOUT_S}s`, memoryMb: 128 } },
    })
    stack = await deployStack(assemblyDir, { clock, log: ({ message }) => log.push(message) })
    token = await stack.token('poison', 86_400)
  }, 60_000)
  afterAll(() => stack.close())

  async function rest(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await fetch(stack.restUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return answer.json()
  }

  /** Puts the clock forward whenever only hidden messages are left, until every job has ended. */
  async function ends(ids: readonly string[]): Promise<JobRecord[]> {
    for (;;) {
      const { invocations, visible, hidden } = stack.cloud.activity()
      if (invocations === 0 && visible === 0 && hidden > 0) await clock.advance(HOLD_MS)
      const records = await Promise.all(ids.map(async (id) => (await rest('GET', `/jobs/${id}`)).job as JobRecord))
      if (records.every(({ status }) => isTerminal(status))) return records
      await setTimeout(50)
    }
  }

  /** A job that ended may have a second message left, which a crash kept from being deleted. It comes once more. */
  async function queuesAreEmpty(): Promise<void> {
    for (;;) {
      const { invocations, visible, hidden } = stack.cloud.activity()
      if (invocations === 0 && visible === 0 && hidden === 0) return
      if (invocations === 0 && visible === 0) await clock.advance(HOLD_MS)
      await setTimeout(50)
    }
  }

  const crashes = () => log.filter((line) => /exited|Task timed out/.test(line)).length

  it.each(['exit', 'exitLate', 'floating', 'memory', 'loop'])(
    '%s is failed as WORKER_CRASHED after the third crash',
    async (task) => {
      const before = crashes()
      const { id } = await rest('POST', '/jobs', { task })
      const [record] = await ends([id])
      expect(record).toMatchObject({ status: 'failed', error: { code: 'WORKER_CRASHED' } })
      expect(record).not.toHaveProperty('lostRuns')
      expect(crashes() - before).toBe(3)
    },
    60_000,
  )

  it('in one submit with others: the others succeed, and only the poison jobs fail (I6)', async () => {
    const tasks = ['slow', 'quick', 'exit', 'slow', 'quick', 'exitLate', 'slow', 'quick', 'slow', 'quick']
    const { jobs } = await rest('POST', '/jobs', { jobs: tasks.map((task, index) => ({ task, input: index })) })
    const records = await ends(jobs.map(({ id }: { id: string }) => id))
    expect(records.map(({ output, error }) => error?.code ?? output)).toEqual(
      tasks.map((task, index) => (task.startsWith('exit') ? 'WORKER_CRASHED' : index)),
    )
    await queuesAreEmpty()
  }, 60_000)
})
