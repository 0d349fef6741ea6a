import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@jobwire/sdk'
import { isTerminal, type JobUpdate } from '../../protocol/job/job.ts'
import type { tasks } from '../../tasks/index.ts'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'

const JOBS = 500

describe('a local cloud with --data that is killed in the middle of its work', () => {
  let dataDir: string
  let cloud: CloudProcess

  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'jobwire-data-'))
  })
  afterAll(async () => {
    await cloud.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('finishes every acknowledged job after the next start, and the client gets each result once (I1, I3, I4)', async () => {
    cloud = await startCloudProcess(['--data', dataDir])
    const jobs = await connect<typeof tasks>({ url: cloud.url, token: cloud.token })
    const handles = await Promise.all(
      Array.from({ length: JOBS }, (_, index) => jobs.submit('wait', { ms: 5 + (index % 50) })),
    )
    const terminals = new Map<string, JobUpdate[]>()
    const followed = handles.map(async (handle) => {
      for await (const update of handle.updates()) {
        if (isTerminal(update.status)) terminals.set(handle.id, [...(terminals.get(handle.id) ?? []), update])
      }
    })
    await Promise.race(handles.slice(JOBS / 5).map((handle) => handle.result()))
    const finishedBefore = terminals.size
    await cloud.kill()

    cloud = await startCloudProcess(['--data', dataDir, '--port', new URL(cloud.endpoint).port])
    await Promise.all(handles.map((handle) => handle.result()))
    await Promise.all(followed)
    expect(finishedBefore).toBeLessThan(JOBS)
    expect(terminals.size).toBe(JOBS)
    expect([...terminals.values()].filter((updates) => updates.length !== 1)).toEqual([])
    for (const handle of handles.slice(0, 20)) expect(await jobs.get(handle.id)).toMatchObject({ status: 'success' })
    await jobs.close()
  }, 60_000)
})
