import { Agent, request } from 'node:http'
import { WebSocket } from 'ws'
import type { FuzzedRequest } from './cases.ts'

/** Paths and headers go out as they are: `fetch` would mend them. */
const agent = new Agent({ keepAlive: true, maxSockets: 16 })

export function closeAgent(): void {
  agent.destroy()
}

/** API Gateway answers within 29 seconds or not at all. */
const PATIENCE_MS = 29_000

export interface RawAnswer {
  readonly status: number
  readonly body: string
}

/** Rejects if the connection ends without an answer. */
export function sendRequest(
  restUrl: string,
  token: string,
  { method, path, headers, body }: FuzzedRequest,
): Promise<RawAnswer> {
  const { hostname, port, pathname } = new URL(restUrl)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        hostname,
        port,
        method,
        path: pathname.replace(/\/$/, '') + path,
        headers: { ...headers, authorization: `Bearer ${token}` },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => resolve({ status: answer.statusCode!, body: Buffer.concat(chunks).toString() }))
        answer.on('error', reject)
      },
    )
    sent.on('error', (error) => reject(new Error(`${method} ${path} was dropped: ${error.message}`)))
    sent.end(body)
  })
}

export interface FrameAnswer {
  readonly type?: string
  readonly ref?: number
  readonly error?: { readonly code: string }
  readonly jobs?: readonly { readonly status?: string }[]
  readonly refused?: readonly { readonly id: string; readonly error: { readonly code: string } }[]
}

export interface FuzzSocket {
  send(data: string | Buffer): void
  /** Sends one frame with this first byte, whatever it means. */
  sendFrame(firstByte: number, payload: Buffer): void
  /** Resolves with the frames that are no pushes, once there are so many, the connection has ended, or time is up. */
  answers(most: number): Promise<readonly FrameAnswer[]>
  readonly closed: Promise<number>
  close(): void
}

export async function openSocket(socketUrl: string, token: string, session: string): Promise<FuzzSocket> {
  const socket = new WebSocket(`${socketUrl}?token=${token}&session=${session}`)
  const answers: FrameAnswer[] = []
  let wake = (): void => {}
  const end = { reached: false }
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => {
      end.reached = true
      wake()
      resolve(code)
    })
  })
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as FrameAnswer
    if (frame.type !== 'jobs') answers.push(frame)
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  return {
    closed,
    send: (data) => socket.send(data),
    sendFrame(firstByte, payload) {
      const mask = Buffer.from([1, 2, 3, 4])
      const masked = payload.map((byte, index) => byte ^ mask[index % 4]!)
      const raw = (socket as unknown as { _socket: { write(data: Buffer): void } })._socket
      raw.write(Buffer.concat([Buffer.from([firstByte, 0x80 | payload.length]), mask, masked]))
    },
    async answers(most) {
      const giveUpAt = Date.now() + PATIENCE_MS
      while (answers.length < most && !end.reached && Date.now() < giveUpAt) {
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, giveUpAt - Date.now()).unref()
        })
      }
      return answers
    },
    close: () => socket.close(),
  }
}
