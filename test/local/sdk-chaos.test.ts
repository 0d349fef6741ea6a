import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createServer, connect as connectTcp } from 'node:net'
import type { AddressInfo, Server, Socket as TcpSocket } from 'node:net'
import { connectWith } from '../../sdk/src/connect.ts'
import { openNodeSocket } from '../../sdk/src/node-socket.ts'
import type { OpenSocket } from '../../sdk/src/socket.ts'
import { WatchList } from '../../sdk/src/watch-list.ts'
import type { tasks } from '../../tasks/index.ts'
import { startCloudProcess, type CloudProcess } from '../support/cloud-process.ts'

const JOBS = 2_000
const SEED = Number(process.env.JOBWIRE_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A proxy that cuts every connection after a number of bytes, in the middle of whatever passes. */
class CuttingProxy {
  readonly #server: Server
  readonly #sockets = new Set<TcpSocket>()
  cuts = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(target: URL, random: () => number): Promise<CuttingProxy> {
    const server = createServer()
    const proxy = new CuttingProxy(server)
    server.on('connection', (near) => proxy.#join(near, target, random))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(near: TcpSocket, target: URL, random: () => number): void {
    const far = connectTcp(Number(target.port), target.hostname)
    // A full answer fits, if barely: what is cut each time before it is whole would never arrive.
    let left = Math.floor(2_000 + random() * 100_000)
    const cut = () => {
      near.destroy()
      far.destroy()
    }
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', (chunk: Buffer) => {
        if (left <= 0) return
        to.write(chunk.subarray(0, left))
        left -= chunk.length
        if (left > 0) return
        this.cuts++
        to.end(cut)
      })
      from.on('close', () => {
        this.#sockets.delete(from)
        cut()
      })
      from.on('error', () => {})
    }
  }
}

/** Delays every frame, in both directions: some overtake others, and some come twice. */
function disorderly(open: OpenSocket, random: () => number): OpenSocket {
  const later = (pass: () => void) => {
    for (let copies = random() < 0.2 ? 2 : 1; copies > 0; copies--) setTimeout(pass, random() * 20).unref()
  }
  return (url, events) => {
    let ended = false
    const socket = open(url, {
      opened: () => events.opened(),
      received: (text) => later(() => ended || events.received(text)),
      closed: () => {
        ended = true
        events.closed()
      },
    })
    return { ...socket, send: (text) => later(() => ended || socket.send(text)) }
  }
}

describe(`a client whose connection is cut at random bytes and whose frames are disorderly (JOBWIRE_SEED=${SEED})`, () => {
  let cloud: CloudProcess
  let proxy: CuttingProxy
  const random = randomOf(SEED)
  const watchLists = new Set<WatchList>()
  const track = WatchList.prototype.track

  beforeAll(async () => {
    cloud = await startCloudProcess()
    proxy = await CuttingProxy.start(new URL(cloud.socketUrl), random)
    WatchList.prototype.track = function (this: WatchList, id) {
      watchLists.add(this)
      return track.call(this, id)
    }
  }, 120_000)
  afterAll(async () => {
    WatchList.prototype.track = track
    await proxy.close()
    await cloud.stop()
  })

  async function connectThrough() {
    const open: OpenSocket = (url, events) => {
      const through = new URL(url)
      through.host = proxy.host
      return openNodeSocket(through.href, events)
    }
    const openSocket = disorderly(open, random)
    // Backoff is a fiftieth of what it is: the outages are made by the test.
    const impatient = () => random() / 50
    return connectWith<typeof tasks>(
      { openSocket, random: impatient },
      { url: cloud.url, token: cloud.token, transport: 'socket' },
    )
  }

  it('maps 2,000 inputs: every output once, in order, and nothing is left in its tables', async () => {
    const jobs = await connectThrough()
    const inputs = Array.from({ length: JOBS }, (_, index) => ({ index, text: 'x'.repeat(index % 200) }))
    const cutsBefore = proxy.cuts
    const outputs: unknown[] = []
    for await (const output of jobs.map('echo', inputs, { concurrency: 250 })) outputs.push(output)
    expect(outputs).toEqual(inputs)
    expect(proxy.cuts - cutsBefore).toBeGreaterThan(5)
    expect([...watchLists].map(({ size }) => size)).toEqual([0])
    await jobs.close()
  }, 120_000)

  it('follows 200 jobs at once: versions that grow, one end each, though the connection is cut all the while', async () => {
    const jobs = await connectThrough()
    const outcomes = await jobs.submitMany(
      Array.from({ length: 200 }, (_, index) => ({ task: 'wait' as const, input: { ms: index } })),
    )
    const ids = outcomes.map(({ job, error }) => {
      if (error !== undefined) throw error
      return job.id
    })
    const ends = new Map<string, number>()
    const versions = new Map<string, number>()
    for await (const { id, version, status } of jobs.watch(ids)) {
      expect(version).toBeGreaterThan(versions.get(id) ?? 0)
      versions.set(id, version)
      if (status === 'success') ends.set(id, (ends.get(id) ?? 0) + 1)
    }
    expect([...ends.keys()].sort()).toEqual([...ids].sort())
    expect([...ends.values()].every((times) => times === 1)).toBe(true)
    await jobs.close()
  }, 120_000)
})
