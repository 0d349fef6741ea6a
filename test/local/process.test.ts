import { describe, expect, it } from '@jest/globals'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { connect as openTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@jobwire/sdk'
import type { tasks } from '../../tasks/index.ts'
import { startCloudProcess } from '../support/cloud-process.ts'
import { memoryOfTreeMb, processTree } from '../support/process-tree.ts'

function portIsOpen(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openTcp(Number(new URL(endpoint).port), '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

describe('the process of a local cloud', () => {
  it('is small while idle, and several run side by side without sharing anything', async () => {
    const [one, two] = [await startCloudProcess(), await startCloudProcess()]
    try {
      expect(memoryOfTreeMb(one.pid)).toBeLessThan(150)
      expect(two.endpoint).not.toBe(one.endpoint)
      const clients = await Promise.all(
        [one, two].map((cloud) => connect<typeof tasks>({ url: cloud.url, token: cloud.token })),
      )
      const [first, second] = await Promise.all(
        clients.map((client, index) => client.submit('greet', { name: `cloud ${index}` })),
      )
      expect(await first!.result()).toBe('Hello, cloud 0!')
      expect(await second!.result()).toBe('Hello, cloud 1!')
      await expect(clients[0]!.get(second!.id)).rejects.toMatchObject({
        code: expect.stringMatching(/UNAUTH|NOT_FOUND/),
      })
      await Promise.all(clients.map((client) => client.close()))
    } finally {
      await Promise.all([one.stop(), two.stop()])
    }
  })

  it('gives back most of the memory that a load took, soon after it', async () => {
    const cloud = await startCloudProcess()
    try {
      const client = await connect<typeof tasks>({ url: cloud.url, token: cloud.token })
      await client.run('greet', { name: 'first' })
      const beforeMb = memoryOfTreeMb(cloud.pid)
      await Promise.all(Array.from({ length: 400 }, (_, index) => client.run('greet', { name: `caller ${index}` })))
      const afterMb = memoryOfTreeMb(cloud.pid)
      expect(afterMb).toBeLessThan(beforeMb + 200)
      await untilTrue(() => memoryOfTreeMb(cloud.pid) < beforeMb + (afterMb - beforeMb) / 2)
      await client.close()
    } finally {
      await cloud.stop()
    }
  }, 40_000)

  it('leaves no process and no port behind after Ctrl-C', async () => {
    const cloud = await startCloudProcess()
    const pids = processTree(cloud.pid)
    expect(pids.length).toBeGreaterThan(1)
    expect(await cloud.stop()).toBe(0)
    expect(pids.filter(isAlive)).toEqual([])
    expect(await portIsOpen(cloud.endpoint)).toBe(false)
  })

  it('leaves no process behind after kill -9 either', async () => {
    const cloud = await startCloudProcess()
    const children = processTree(cloud.pid).filter((pid) => pid !== cloud.pid)
    await cloud.kill()
    // The shell that watches over the database ends it as soon as its pipe breaks.
    waitForEndOf(children)
    expect(await portIsOpen(cloud.endpoint)).toBe(false)
  })

  it('leaves no file behind after kill -9, and removes what an earlier kill left', async () => {
    const leftBundle = `.jobwire/run/jobwire-${spawnSync('true').pid}.mjs`
    const cloud = await startCloudProcess()
    writeFileSync(leftBundle, '')
    await cloud.kill()
    expect(readdirSync('.jobwire/run').filter((name) => name.includes(String(cloud.pid)))).toEqual([])
    const next = await startCloudProcess()
    expect(existsSync(leftBundle)).toBe(false)
    await next.stop()
  })

  it('ends with all that it started when npm is told to end', async () => {
    const npm = spawn('npm', ['start', '--silent', '--', '--json', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(npm.stdout, 'data')) as [Buffer]
    const { endpoint } = JSON.parse(line.toString()) as { endpoint: string }
    const pids = processTree(npm.pid!)
    npm.kill('SIGTERM')
    waitForEndOf(pids.filter((pid) => pid !== npm.pid))
    expect(await portIsOpen(endpoint)).toBe(false)
  })
})

/** Waits for the processes themselves: nobody else tells when they are gone. */
function waitForEndOf(pids: readonly number[]): void {
  for (const pid of pids) execFileSync('tail', ['--pid', String(pid), '-f', '/dev/null'], { timeout: 10_000 })
  expect(pids.filter(isAlive)).toEqual([])
}

async function untilTrue(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(200)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
