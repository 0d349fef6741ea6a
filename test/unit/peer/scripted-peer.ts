import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { ClientFrame, ServerFrame, SubmitFrame } from '../../../protocol/wire/frames.ts'
import type { JobRequest, JobUpdate, Json } from '../../../protocol/job/job.ts'

/** The platform's side of one connection: keeps the frames that came, and sends those of the test. */
export class PeerSocket {
  readonly query: URLSearchParams
  readonly frames: ClientFrame[] = []
  readonly frameBytes: number[] = []
  closeCode: number | undefined
  readonly #socket: WebSocket

  constructor(socket: WebSocket, query: URLSearchParams, onFrame: (frame: ClientFrame, from: PeerSocket) => void) {
    this.#socket = socket
    this.query = query
    socket.on('close', (code) => (this.closeCode = code))
    socket.on('message', (data) => {
      const text = String(data)
      const frame = JSON.parse(text) as ClientFrame
      this.frames.push(frame)
      this.frameBytes.push(Buffer.byteLength(text))
      onFrame(frame, this)
    })
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  send(frame: ServerFrame | object): void {
    this.#socket.send(JSON.stringify(frame))
  }

  push(...jobs: JobUpdate[]): void {
    this.send({ type: 'jobs', jobs })
  }

  /** Cuts the connection without a close frame, as a lost network does. */
  drop(): void {
    this.#socket.terminate()
  }

  framesOf<Type extends ClientFrame['type']>(type: Type): Extract<ClientFrame, { type: Type }>[] {
    return this.frames.filter((frame) => frame.type === type) as Extract<ClientFrame, { type: Type }>[]
  }
}

export interface RestRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

/** An answer of the peer over REST. */
export type RestAnswer = readonly [status: number, body: unknown]

/**
 * A platform for tests of the SDK, in this process and over real sockets. It accepts every job and ends none, unless
 * the test says otherwise.
 */
export class ScriptedPeer {
  readonly sockets: PeerSocket[] = []
  readonly requests: RestRequest[] = []
  /** The jobs that `state` frames and REST know. */
  readonly known = new Map<string, JobUpdate>()
  /** Answers a frame; calls `answer` by default. */
  onFrame: (frame: ClientFrame, from: PeerSocket) => void = (frame, from) => this.answer(frame, from)
  /** Answers a REST request; undefined gives the default answer. */
  onRequest: (request: RestRequest) => RestAnswer | undefined = () => undefined
  /** The status that refuses the next handshakes, undefined to accept them. */
  refuseSockets: number | undefined
  /** The number of handshakes, accepted or not. */
  handshakes = 0
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    const sockets = new WebSocketServer({ noServer: true })
    server.on('request', (request, response) => void this.#respond(request, response))
    server.on('upgrade', (request, socket, head) => {
      this.handshakes++
      if (this.refuseSockets !== undefined) return socket.end(`HTTP/1.1 ${this.refuseSockets} Refused\r\n\r\n`)
      sockets.handleUpgrade(request, socket, head, (opened) => {
        const { searchParams } = new URL(request.url!, 'http://peer')
        this.sockets.push(new PeerSocket(opened, searchParams, (frame, from) => this.onFrame(frame, from)))
      })
    })
  }

  static async start(): Promise<ScriptedPeer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new ScriptedPeer(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  get socketUrl(): string {
    return `ws${this.url.slice(4)}/socket`
  }

  /** The latest connection. */
  get socket(): PeerSocket {
    return this.sockets.at(-1)!
  }

  answer(frame: ClientFrame, from: PeerSocket): void {
    if (frame.type === 'ping') return from.send({ type: 'pong', ref: frame.ref })
    if (frame.type === 'submit') return this.accept(frame, from)
    const jobs = frame.ids.flatMap((id) => this.known.get(id) ?? [])
    from.send({ type: 'state', ref: frame.ref, jobs })
  }

  accept(frame: SubmitFrame, from: PeerSocket): void {
    const jobs = frame.jobs.map((job) => ({ id: job.id!, status: 'pending' as const, version: 1 }))
    from.send({ type: 'accepted', ref: frame.ref, jobs })
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.drop()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    const path = request.url!.slice('/v1'.length)
    const seen = { method: request.method!, path, authorization: request.headers.authorization, body }
    this.requests.push(seen)
    const [status, answer] = this.onRequest(seen) ?? this.#defaultAnswer(seen)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  }

  #defaultAnswer({ method, path, body }: RestRequest): RestAnswer {
    if (method === 'GET' && path === '/') {
      return [200, { protocol: 1, socketUrl: this.socketUrl, namespace: 'team' }]
    }
    if (method === 'POST' && path === '/jobs') {
      const { jobs, id } = JSON.parse(body) as JobRequest & { jobs?: JobRequest[] }
      const accepted = (one: string | undefined) => ({ id: one, status: 'pending', version: 1 })
      return [200, jobs === undefined ? accepted(id) : { jobs: jobs.map((job) => accepted(job.id)) }]
    }
    const job = this.known.get(decodeURIComponent(path.slice('/jobs/'.length)))
    if (job === undefined) return [404, { error: { code: 'JOB_NOT_FOUND', message: 'No job has that id.' } }]
    return [200, { job: { ...job, outputOmitted: undefined } }]
  }
}

export function success(id: string, output: Json, version = 2): JobUpdate {
  return { id, version, status: 'success', attempts: 0, output }
}

export function running(id: string, version: number): JobUpdate {
  return { id, version, status: 'running', attempts: 0 }
}

/** Waits until a condition is true, turn by turn of the event loop, so that frames on real sockets arrive. */
export async function until(condition: () => unknown, milliseconds = 5_000): Promise<void> {
  const deadline = Date.now() + milliseconds
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Never came true: ${String(condition)}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
