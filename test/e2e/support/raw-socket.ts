import { WebSocket } from 'ws'
import type { ClientFrame, ServerFrame } from '../../../protocol/wire/frames.ts'
import { target } from './target.ts'

const opened = new Set<RawSocket>()

/** A socket without the SDK: sends the frames it is given, and keeps the frames it gets. */
export class RawSocket {
  readonly #socket: WebSocket
  readonly #frames: ServerFrame[] = []
  readonly #waiting = new Set<() => void>()
  readonly closed: Promise<{ code: number }>

  private constructor(socket: WebSocket) {
    this.#socket = socket
    opened.add(this)
    this.closed = new Promise((resolve) => socket.on('close', (code) => resolve({ code })))
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse(String(data)) as ServerFrame)
      for (const wake of this.#waiting) wake()
    })
  }

  /**
   * Cuts every socket that a test file has opened. For `afterEach` or `afterAll`: an open socket keeps the process
   * alive.
   */
  static cutAll(): void {
    for (const socket of opened) socket.cut()
    opened.clear()
  }

  /** Rejects with the HTTP status if the handshake is refused. */
  static open({ token, session }: { token?: string; session?: string }): Promise<RawSocket> {
    const url = new URL(target.socketUrl)
    if (token !== undefined) url.searchParams.set('token', token)
    if (session !== undefined) url.searchParams.set('session', session)
    const socket = new WebSocket(url)
    return new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('unexpected-response', (_, response) => {
        reject(new Error(`refused with ${response.statusCode}`))
        socket.terminate()
      })
      socket.on('open', () => resolve(new RawSocket(socket)))
    })
  }

  send(frame: ClientFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  sendText(text: string): void {
    this.#socket.send(text)
  }

  /** Waits for the first frame, past or future, that fits. */
  async frame<Found extends ServerFrame>(fits: (frame: ServerFrame) => frame is Found): Promise<Found> {
    for (;;) {
      const found = this.#frames.find(fits)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
  }

  get frames(): readonly ServerFrame[] {
    return this.#frames
  }

  /** Cuts the connection without a closing handshake. */
  cut(): void {
    this.#socket.terminate()
  }
}
