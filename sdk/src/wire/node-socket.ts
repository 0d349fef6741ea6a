import type { Socket as TcpSocket } from 'node:net'
import WebSocket from 'ws'
import type { OpenSocket } from './socket.ts'

/** Opens a WebSocket of `ws`: Node 20 has none of its own, and the one of later versions cannot let the process end. */
export const openNodeSocket: OpenSocket = (url, events) => {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  let held = true
  let tcp: TcpSocket | undefined
  const applyHold = () => (held ? tcp?.ref() : tcp?.unref())
  socket.on('upgrade', (response) => {
    tcp = response.socket
    applyHold()
  })
  socket.on('open', () => events.opened())
  socket.on('message', (data) => events.received(String(data)))
  socket.on('close', () => events.closed())
  // Every error is followed by a close, which is handled.
  socket.on('error', () => {})
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
    hold(wanted) {
      held = wanted
      applyHold()
    },
  }
}
