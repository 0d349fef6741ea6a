import type { OpenSocket } from '../../sdk/src/wire/socket.ts'
import { seededRandom } from './random-numbers.ts'

const MAX_DELAY_MS = 25

/** Counts what was done to the frames of one direction. */
export interface Disorder {
  /** All frames; each was delayed. */
  frames: number
  /** The frames that came after one that was sent later. */
  overtaken: number
  /** The frames that came a second time. */
  doubled: number
}

/** A socket on which every frame comes late, many come out of order, and one in five comes twice. */
export interface DisorderlySocket {
  readonly open: OpenSocket
  readonly sent: Disorder
  readonly received: Disorder
  /** Breaks open connections, and resolves once no frame is under way. */
  quiet(): Promise<void>
}

/** Opens sockets with `open`, and delays each frame in both directions by its own random time. */
export function disorderly(open: OpenSocket, seed: number): DisorderlySocket {
  const random = seededRandom(seed)
  const sent: Disorder = { frames: 0, overtaken: 0, doubled: 0 }
  const received: Disorder = { frames: 0, overtaken: 0, doubled: 0 }
  const terminates = new Set<() => void>()
  let underWay = 0
  let told: (() => void) | undefined
  const done = () => {
    if (underWay === 0 && terminates.size === 0) told?.()
  }

  /** The frames of one direction of one socket, in the order of their numbers. */
  const line = (disorder: Disorder) => {
    let last = 0
    let latest = 0
    return (pass: () => boolean) => {
      const number = ++last
      disorder.frames++
      let passed = 0
      const arrive = () => {
        underWay--
        if (pass()) {
          passed++
          if (passed > 1) disorder.doubled++
          else if (number < latest) disorder.overtaken++
          latest = Math.max(latest, number)
        }
        done()
      }
      for (let copies = random() < 0.2 ? 2 : 1; copies > 0; copies--) {
        underWay++
        setTimeout(arrive, 1 + random() * (MAX_DELAY_MS - 1))
      }
    }
  }

  return {
    sent,
    received,
    open: (url, events) => {
      let ended = false
      const [up, down] = [line(sent), line(received)]
      const socket = open(url, {
        opened: () => events.opened(),
        received: (text) =>
          down(() => {
            if (!ended) events.received(text)
            return !ended
          }),
        closed: () => {
          ended = true
          terminates.delete(socket.terminate)
          events.closed()
          done()
        },
      })
      terminates.add(socket.terminate)
      return {
        ...socket,
        send: (text) =>
          up(() => {
            if (!ended) socket.send(text)
            return !ended
          }),
      }
    },
    async quiet() {
      await new Promise<void>((resolve) => {
        told = resolve
        for (const terminate of terminates) terminate()
        done()
      })
      told = undefined
    },
  }
}
