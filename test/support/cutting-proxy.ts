import { createServer, connect as connectTcp } from 'node:net'
import type { AddressInfo, Server, Socket as TcpSocket } from 'node:net'
import { seededRandom } from './random-numbers.ts'

/** Counts the connections that were cut. */
export interface Cuts {
  /** Cut because their time was over, at the next data. */
  byTime: number
  /** Cut because they had passed as many bytes as allowed. */
  byBytes: number
  /** Those of both kinds that were cut within a chunk. */
  amidst: number
}

/**
 * Forwards TCP connections, and cuts each at a random byte: in the next data after 100 to 500 ms, or earlier after a
 * number of bytes. The time begins with the first answer, so that most connections get something done, however slow
 * the machine is.
 */
export class CuttingProxy {
  readonly #server: Server
  readonly #target: URL
  readonly #seed: number
  readonly #forwarded = new Set<ForwardedConnection>()
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
    for (const connection of this.#forwarded) connection.end()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(near: TcpSocket): void {
    // Depends on the seed and the connection's number only, whatever the other connections do.
    const random = seededRandom(this.#seed + this.#connections++)
    const far = connectTcp(Number(this.#target.port), this.#target.hostname)
    const connection = new ForwardedConnection(near, far, random, this.cuts)
    this.#forwarded.add(connection)
    near.on('close', () => this.#forwarded.delete(connection))
  }
}

/** Returns how many bytes a connection may pass: in half the cases any number, in a tenth maybe not even a handshake. */
function bytesAllowed(random: () => number): number {
  const kind = random()
  if (kind < 0.5) return Infinity
  return Math.floor(kind < 0.9 ? 2_000 + random() * 100_000 : random() * 2_000)
}

/** Forwards one connection until it is cut. */
class ForwardedConnection {
  readonly #near: TcpSocket
  readonly #far: TcpSocket
  readonly #random: () => number
  readonly #cuts: Cuts
  readonly #timeMs: number
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
    this.#timeMs = 100 + random() * 400
    this.#bytesLeft = bytesAllowed(random)
    near.on('data', (chunk: Buffer) => this.#pass(chunk, far))
    far.on('data', (chunk: Buffer) => {
      // The first chunk is the handshake's.
      if (++this.#chunksDown === 2) this.#timer = setTimeout(() => (this.#expired = true), this.#timeMs)
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
    // Sends the part before the connection ends.
    to.end(chunk.subarray(0, passing), () => this.end())
  }
}
