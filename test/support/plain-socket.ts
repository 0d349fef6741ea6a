import { WebSocket } from 'ws'
import type { ClientFrame, ServerFrame } from '../../protocol/wire/frames.ts'

/** A socket without the SDK, to any deployment. It keeps the frames that it gets. */
export interface PlainSocket {
  readonly frames: readonly ServerFrame[]
  send(frame: ClientFrame): void
  /** Resolves once the frames that have come pass the check. Rejects if the connection ends before. */
  until(check: (frames: readonly ServerFrame[]) => boolean): Promise<void>
  /** Ends the connection with a closing handshake. Resolves once it is closed. */
  close(): Promise<void>
}

export async function openPlainSocket(socketUrl: string, token: string, session: string): Promise<PlainSocket> {
  const socket = new WebSocket(`${socketUrl}?token=${token}&session=${session}`)
  const frames: ServerFrame[] = []
  const waiting = new Set<() => void>()
  const wakeAll = (): void => {
    for (const wake of waiting) wake()
  }
  const closed = new Promise<void>((resolve) => socket.on('close', () => (wakeAll(), resolve())))
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)) as ServerFrame)
    wakeAll()
  })
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  return {
    frames,
    send: (frame) => socket.send(JSON.stringify(frame)),
    async until(check) {
      while (!check(frames)) {
        if (socket.readyState !== socket.OPEN) throw new Error(`${session} was cut off after ${JSON.stringify(frames)}`)
        await new Promise<void>((resolve) => {
          const wake = (): void => (waiting.delete(wake), resolve())
          waiting.add(wake)
        })
      }
    },
    close() {
      socket.close()
      return closed
    },
  }
}
