import type { OpenSocket } from '../../sdk/src/wire/socket.ts'

/** One connection of a client, with times of the client's clock. */
export interface ObservedConnection {
  readonly openedMs: number
  closedMs?: number
  /** False where the other side ended it. */
  closedByClient: boolean
}

/** Notes how long each connection of a client lived, and when no answer is awaited. */
export interface ObservedSockets {
  readonly open: OpenSocket
  /** The connections that opened, the oldest first. */
  readonly connections: readonly ObservedConnection[]
  /** Resolves once no handshake and no answer is awaited. */
  settled(): Promise<void>
}

/** Opens sockets with `open`, and observes them. */
export function observed(open: OpenSocket, now: () => number): ObservedSockets {
  const connections: ObservedConnection[] = []
  const awaited = new Set<string>()
  const waiting: (() => void)[] = []
  const done = (what: string) => {
    awaited.delete(what)
    if (awaited.size === 0) for (const resolve of waiting.splice(0)) resolve()
  }
  let sockets = 0

  return {
    connections,
    async settled() {
      while (awaited.size > 0) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    open: (url, events) => {
      const name = `socket ${sockets++}`
      const nameOf = (ref: unknown) => `${name} question ${String(ref)}`
      let connection: ObservedConnection | undefined
      awaited.add(name)
      const end = (closedByClient: boolean) => {
        if (connection !== undefined && connection.closedMs === undefined) {
          connection.closedMs = now()
          connection.closedByClient = closedByClient
        }
        for (const what of awaited) if (what.startsWith(`${name} `)) done(what)
        done(name)
      }
      const socket = open(url, {
        opened: () => {
          connection = { openedMs: now(), closedByClient: false }
          connections.push(connection)
          events.opened()
          done(name)
        },
        received: (text) => {
          events.received(text)
          const { ref } = JSON.parse(text) as { ref?: number }
          if (ref !== undefined) done(nameOf(ref))
        },
        closed: () => {
          end(false)
          events.closed()
        },
      })
      return {
        send: (text) => {
          awaited.add(nameOf((JSON.parse(text) as { ref?: number }).ref))
          socket.send(text)
        },
        close: () => {
          end(true)
          socket.close()
        },
        terminate: () => {
          end(true)
          socket.terminate()
        },
        hold: (held) => socket.hold(held),
      }
    },
  }
}
