import { WebSocket } from 'ws'
import { readTable } from './document.ts'

const limits = new Map(readTable('Name').map(([name, limit]) => [name, Number(limit!.replaceAll(',', ''))]))
const terminal = new Set(readTable('Status').flatMap(([status, isTerminal]) => (isTerminal === 'yes' ? status! : [])))
const routes = readTable('Method').map(([method, path]) => `${method} ${path}`)
const questions = new Set(readTable('From the client').map(([type]) => type))
const answers = new Set(readTable('From the platform').map(([type]) => type))
const statuses = new Map(readTable('Code').map(([code, status]) => [code, Number(status)]))

export interface Answer {
  readonly status: number
  readonly body: any
}

/** A client that knows nothing but the tables of `docs/PROTOCOL.md`: no code of the platform or its SDK. */
export class DocumentClient {
  readonly #restUrl: string
  readonly #token: string
  readonly #session = `session-${crypto.randomUUID()}`
  readonly #frames: any[] = []
  #socket: WebSocket | undefined
  #wake = (): void => {}
  #ref = 0

  constructor(restUrl: string, token: string) {
    this.#restUrl = restUrl
    this.#token = token
  }

  /** Calls a route of the table. Throws if the answer has an error that the document does not have. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const isListed = routes.some((route) => pattern(route).test(`${method} ${path.split('?')[0]}`))
    if (!isListed) throw new Error(`The document has no route ${method} ${path}.`)
    const answer = await fetch(this.#restUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const read = text === '' ? undefined : JSON.parse(text)
    if (answer.status >= 400 && statuses.get(read.error.code) !== answer.status) {
      throw new Error(`The document has no ${read.error.code} with ${answer.status}.`)
    }
    return { status: answer.status, body: read }
  }

  /** Opens the socket, always with the same session. */
  async connect(): Promise<void> {
    const { body } = await this.call('GET', '/')
    const socket = new WebSocket(`${body.socketUrl}?token=${this.#token}&session=${this.#session}`)
    this.#socket = socket
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data))
      if (!answers.has(frame.type)) throw new Error(`The document has no frame ${String(data)}.`)
      this.#frames.push(frame)
      this.#wake()
    })
    await new Promise<void>((resolve, reject) => socket.on('open', resolve).on('error', reject))
  }

  /** Loses the connection without a word. */
  cut(): void {
    this.#socket?.terminate()
  }

  send(frame: { readonly type: string; readonly ref: number }): void {
    const text = JSON.stringify(frame)
    if (!questions.has(frame.type)) throw new Error(`The document has no frame "${frame.type}".`)
    if (Buffer.byteLength(text) > limits.get('MAX_FRAME_BYTES')!) throw new Error('The frame is too large.')
    this.#socket!.send(text)
  }

  /** Sends a frame with a new `ref`, and waits for its answer. */
  async ask(frame: { readonly type: string; readonly [field: string]: unknown }): Promise<any> {
    const ref = ++this.#ref
    this.send({ ...frame, ref })
    return this.received((answer) => answer.ref === ref)
  }

  /** Waits for the first frame, past or future, that fits. */
  async received(fits: (frame: any) => boolean): Promise<any> {
    for (;;) {
      const found = this.#frames.find(fits)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Waits for the terminal update of a job, whether it comes as a push or as an answer. */
  async ended(id: string): Promise<any> {
    const ofJob = (frame: any): any => frame.jobs?.find((job: any) => job.id === id && terminal.has(job.status))
    return ofJob(await this.received((frame) => frame.type !== 'accepted' && ofJob(frame) !== undefined))
  }

  /** Polls a job until it has ended, as "The life of a poll" says. */
  async poll(id: string): Promise<any> {
    for (let waitMs = 500; ; waitMs = Math.min(10_000, waitMs * 1.5)) {
      const { status, body } = await this.call('GET', `/jobs/${encodeURIComponent(id)}`)
      if (status === 200 && terminal.has(body.job.status)) return body.job
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}

function pattern(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('/', String.raw`\/`)}$`)
}
