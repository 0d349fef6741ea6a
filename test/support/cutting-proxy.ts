import { createServer, connect as connectTcp } from 'node:net'
import type { AddressInfo, Server, Socket as TcpSocket } from 'node:net'
import { randomOf } from './random-numbers.ts'

/** What has been done to the connections. */
export interface Cuts {
  /** Those whose life was over, inside of what passed next. */
  byTime: number
  /** Those that had passed as many bytes as they may. */
  byBytes: number
  /** Of all, those where a part of a chunk had passed, and the rest never did. */
  amidst: number
}

/**
 * Passes TCP connections on, and cuts each at a random byte: once it has lived for 100 to 500 ms, inside of whatever
 * passes next, or earlier after a number of bytes. A life begins when the first answer passes: however slow the
 * machine is, most connections get something done.
 */
export class CuttingProxy {
  readonly #server: Server
  readonly #target: URL
  readonly #seed: number
  readonly #lives = new Set<Life>()
  #connections = 0
  readonly cuts: Cuts = { byTime: 0, byBytes: 0, amidst: 0 }

  private constructor(server: Server, target: URL, seed: number) {
    this.#server = server
    this.#target = target
    this.#seed = seed
  }

  static async start(target: URL, seed: number): Promise<CuttingProxy> {
    const server = createServer()
    const proxy = new CuttingProxy(server, target, seed)
    server.on('connection', (near) => proxy.#join(near))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get connections(): number {
    return this.#connections
  }

  async close(): Promise<void> {
    for (const life of this.#lives) life.end()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(near: TcpSocket): void {
    // The fate of each connection is the seed's, whatever the others do.
    const random = randomOf(this.#seed + this.#connections++)
    const far = connectTcp(Number(this.#target.port), this.#target.hostname)
    const life = new Life(near, far, random, this.cuts)
    this.#lives.add(life)
    near.on('close', () => this.#lives.delete(life))
  }
}

/** What a connection may pass: in half the cases any number of bytes, in a tenth maybe not even its handshake. */
function bytesOf(random: () => number): number {
  const kind = random()
  if (kind < 0.5) return Infinity
  return Math.floor(kind < 0.9 ? 2_000 + random() * 100_000 : random() * 2_000)
}

/** One connection, from both its ends. */
class Life {
  readonly #near: TcpSocket
  readonly #far: TcpSocket
  readonly #random: () => number
  readonly #cuts: Cuts
  readonly #lifeMs: number
  #bytesLeft: number
  #timer: NodeJS.Timeout | undefined
  #chunksDown = 0
  #expired = false
  #cut = false

  constructor(near: TcpSocket, far: TcpSocket, random: () => number, cuts: Cuts) {
    this.#near = near
    this.#far = far
    this.#random = random
    this.#cuts = cuts
    this.#lifeMs = 100 + random() * 400
    this.#bytesLeft = bytesOf(random)
    near.on('data', (chunk: Buffer) => this.#pass(chunk, far))
    far.on('data', (chunk: Buffer) => {
      // The first is the handshake's.
      if (++this.#chunksDown === 2) this.#timer = setTimeout(() => (this.#expired = true), this.#lifeMs)
      this.#pass(chunk, near)
    })
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      socket.on('close', () => this.end())
      socket.on('error', () => {})
    }
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#near.destroy()
    this.#far.destroy()
  }

  #pass(chunk: Buffer, to: TcpSocket): void {
    if (this.#cut) return
    const byTime = this.#expired ? Math.floor(this.#random() * chunk.length) : Infinity
    const passing = Math.min(byTime, this.#bytesLeft)
    this.#bytesLeft -= chunk.length
    if (passing >= chunk.length) {
      to.write(chunk)
      return
    }
    this.#cut = true
    this.#cuts[byTime === passing ? 'byTime' : 'byBytes']++
    if (passing > 0) this.#cuts.amidst++
    // The part is sent before the connection ends.
    to.end(chunk.subarray(0, passing), () => this.end())
  }
}
