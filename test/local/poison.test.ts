import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { readLocalTokenSecret, signToken } from '../../cli/token.ts'
import { startCloud, type Cloud } from '../../local/cloud.ts'
import { buildRuntime } from '../../local/services/lambda/build-runtime.ts'
import { ShiftedClock } from '../../local/shifted-clock.ts'
import { isTerminal, type JobRecord } from '../../protocol/job/job.ts'
import { synthesize } from '../../scripts/synthesize.ts'

/** Longer than a message is hidden after a crash: six times the worker's timeout. */
const VISIBILITY_MS = 13_000
const WORKER_TIMEOUT_S = 2

describe('jobs that take their worker with them', () => {
  const workDir = mkdtempSync(join(tmpdir(), 'jobwire-poison-'))
  const clock = new ShiftedClock()
  const log: string[] = []
  let cloud: Cloud
  let token: string

  beforeAll(async () => {
    const before = process.env.JOBWIRE_LANES
    process.env.JOBWIRE_LANES = JSON.stringify({ default: { timeout: `${WORKER_TIMEOUT_S}s`, memoryMb: 128 } })
    const { assemblyDir } = await synthesize({
      root: process.cwd(),
      outDir: '.jobwire/assembly',
      tasksPath: 'test/fixtures/crashing-tasks/index.ts',
    })
    if (before === undefined) delete process.env.JOBWIRE_LANES
    else process.env.JOBWIRE_LANES = before
    buildRuntime(join(workDir, 'runtime.cjs'))
    cloud = await startCloud({
      assemblyDir,
      clock,
      runtimePath: join(workDir, 'runtime.cjs'),
      log: ({ message }) => log.push(message),
    })
    const secret = await readLocalTokenSecret(cloud.outputs.TokenSecretArn!, cloud.endpoint)
    token = await signToken(secret, { namespace: 'poison', subject: 'test', expiresInSeconds: 86_400 })
  }, 60_000)
  afterAll(async () => {
    await cloud.close()
    rmSync(workDir, { recursive: true, force: true })
  })

  async function rest(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await fetch(cloud.outputs.RestUrl!.replace(/\/$/, '') + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return answer.json()
  }

  /** Puts the clock forward whenever all that is left is hidden, until every job has ended. */
  async function ends(ids: readonly string[]): Promise<JobRecord[]> {
    for (;;) {
      const { invocations, visible, hidden } = cloud.activity()
      if (invocations === 0 && visible === 0 && hidden > 0) await clock.advance(VISIBILITY_MS)
      const records = await Promise.all(ids.map(async (id) => (await rest('GET', `/jobs/${id}`)).job as JobRecord))
      if (records.every(({ status }) => isTerminal(status))) return records
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

  it('in one submit with others: the others succeed, each poison alone is failed (I6)', async () => {
    const tasks = ['slow', 'quick', 'exit', 'slow', 'quick', 'exitLate', 'slow', 'quick', 'slow', 'quick']
    const { jobs } = await rest('POST', '/jobs', { jobs: tasks.map((task, index) => ({ task, input: index })) })
    const records = await ends(jobs.map(({ id }: { id: string }) => id))
    expect(records.map(({ output, error }) => error?.code ?? output)).toEqual(
      tasks.map((task, index) => (task.startsWith('exit') ? 'WORKER_CRASHED' : index)),
    )
    expect(cloud.activity()).toMatchObject({ visible: 0, hidden: 0 })
  }, 60_000)
})
