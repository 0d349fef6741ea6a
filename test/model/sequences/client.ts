import { WebSocket } from 'ws'
import type { ClientFrame, ServerFrame } from '../../../protocol/wire/frames.ts'
import { isTerminal } from '../../../protocol/job/job.ts'
import type { JobUpdate } from '../../../protocol/job/job.ts'
import type { World } from '../support/world.ts'

type Unsent = ClientFrame extends infer Frame ? (Frame extends ClientFrame ? Omit<Frame, 'ref'> : never) : never

/** One session over the socket. It has no memory of its own and keeps all that it is told. */
export class Client {
  readonly session: string
  readonly updates: JobUpdate[] = []
  /** The jobs whose changes this session wants. */
  readonly wanted = new Set<string>()
  /** The jobs whose changes the current connection brings. */
  readonly watched = new Set<string>()
  /** The jobs that had ended when they were asked for. The answer says so, and no push is due any more. */
  readonly ended = new Set<string>()
  readonly #world: World
  readonly #namespace: string
  #socket: WebSocket | undefined
  #nextRef = 1
  /** Frames are sent one after the other, so an error without a `ref` can only be about this one. */
  #asked: { readonly ref: number; readonly answer: (frame: ServerFrame | undefined) => void } | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(world: World, namespace: string, session: string) {
    this.#world = world
    this.#namespace = namespace
    this.session = session
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  async connect(): Promise<void> {
    if (this.isConnected) return
    const url = new URL(this.#world.cloud.outputs.SocketUrl!)
    url.searchParams.set('token', await this.#world.token(this.#namespace))
    url.searchParams.set('session', this.session)
    const socket = new WebSocket(url)
    const opened = await new Promise<boolean>((resolve) => {
      socket.on('open', () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('close', () => resolve(false))
    })
    if (!opened) return
    this.#socket = socket
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as ServerFrame))
    socket.on('close', () => this.#lost(socket))
    if (socket.readyState !== WebSocket.OPEN) this.#lost(socket)
  }

  /** Returns undefined if no answer came: it is unknown if the frame arrived. */
  ask(frame: Unsent): Promise<ServerFrame | undefined> {
    const asked = this.#turn.then(() => this.#ask(frame))
    this.#turn = asked
    return asked
  }

  async subscribe(ids: readonly string[]): Promise<boolean> {
    for (const id of ids) this.wanted.add(id)
    const answer = await this.ask({ type: 'subscribe', ids })
    return answer?.type === 'state'
  }

  cut(): void {
    const socket = this.#socket
    if (socket === undefined) return
    socket.terminate()
    this.#lost(socket)
  }

  #ask(frame: Unsent): Promise<ServerFrame | undefined> {
    const socket = this.#socket
    if (socket === undefined) return Promise.resolve(undefined)
    const ref = this.#nextRef++
    return new Promise((resolve) => {
      const answer = (answered: ServerFrame | undefined): void => {
        // Done in the same turn as the answer, because a push right after it is due already.
        if (answered?.type === 'state' && frame.type === 'subscribe') this.#watch(frame.ids, answered.jobs)
        if (answered?.type === 'accepted') this.#watchAccepted(answered)
        resolve(answered)
      }
      this.#asked = { ref, answer }
      socket.send(JSON.stringify({ ...frame, ref }))
    })
  }

  #watch(ids: readonly string[], states: readonly JobUpdate[]): void {
    const ended = new Set(states.filter(({ status }) => isTerminal(status)).map(({ id }) => id))
    // A new life of an ended job is pushed to its earlier watchers, but not to a session that only read how it ended.
    for (const id of ids) (ended.has(id) ? this.ended : this.watched).add(id)
  }

  /** A job that existed before may not be pushed. */
  #watchAccepted(frame: ServerFrame & { type: 'accepted' }): void {
    for (const outcome of frame.jobs) {
      if ('error' in outcome) continue
      this.wanted.add(outcome.id)
      if (outcome.existed !== true) this.watched.add(outcome.id)
    }
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'jobs' || frame.type === 'state') this.updates.push(...frame.jobs)
    if (frame.type === 'jobs') return
    const asked = this.#asked
    this.#asked = undefined
    // API Gateway's own error has neither type nor `ref`.
    asked?.answer('ref' in frame && frame.ref === asked.ref ? frame : undefined)
  }

  #lost(socket: WebSocket): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    this.watched.clear()
    this.#asked?.answer(undefined)
    this.#asked = undefined
  }
}
