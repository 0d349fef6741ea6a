import type { OpenSocket } from './socket.ts'

interface BrowserSocket {
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: (() => void) | null
  send(text: string): void
  close(code?: number): void
}

/** Opens the WebSocket of a browser, or of a runtime that has the same. */
export const openBrowserSocket: OpenSocket = (url, events) => {
  const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => BrowserSocket }
  const socket = new WebSocket(url)
  socket.onopen = () => events.opened()
  socket.onmessage = (event) => events.received(String(event.data))
  socket.onclose = () => events.closed()
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(1000),
    terminate: () => socket.close(),
    hold() {},
  }
}
