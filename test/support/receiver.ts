import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** A received request. */
export interface Received {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Answer =
  | number
  | 'hang up'
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> }

/** A receiver of webhooks on this machine. It answers 204 unless told otherwise, and keeps the requests by path. */
export class Receiver {
  readonly #server: Server
  readonly #received = new Map<string, Received[]>()
  readonly #taken = new Map<string, number>()
  readonly #answers = new Map<string, Answer[]>()
  readonly #waiting = new Set<() => void>()

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response))
  }

  static async listen(): Promise<Receiver> {
    const receiver = new Receiver()
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`
  }

  /** Sets the next answers at a path. */
  answers(path: string, answers: readonly Answer[]): void {
    this.#answers.set(path, [...answers])
  }

  /** Returns all requests to a path so far. */
  received(path: string): readonly Received[] {
    return this.#received.get(path) ?? []
  }

  /** Waits for the next request to a path that no earlier call has returned. */
  async next(path: string): Promise<Received> {
    const index = this.#taken.get(path) ?? 0
    this.#taken.set(path, index + 1)
    for (;;) {
      const found = this.received(path)[index]
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { url: path = '/', method, headers } = request
    const answer = this.#answers.get(path)?.shift() ?? 204
    const before = this.received(path)
    this.#received.set(path, [...before, { method, headers, body: Buffer.concat(chunks).toString() }])
    if (answer === 'hang up') request.socket.destroy()
    else if (typeof answer === 'number') response.writeHead(answer).end()
    else response.writeHead(answer.status, answer.headers).end()
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
