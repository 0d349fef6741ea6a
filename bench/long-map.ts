import { connect } from '@jobwire/sdk'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { WebSocketServer } from 'ws'
import type { ClientFrame } from '../protocol/wire/frames.ts'
import { PROTOCOL_VERSION } from '../protocol/wire/rest.ts'

/**
 * Runs a map of a million items, to show that memory stays flat. The platform is a peer in this process that ends every
 * job at once, over a real socket, and keeps nothing: any growth is the client's. Prints a line for each tenth.
 */
const ITEMS = Number(process.env.ITEMS ?? 1_000_000)
const TENTHS = 10

async function startPeer(): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer((_request, response) => {
    const socketUrl = url.replace('http', 'ws')
    response.end(JSON.stringify({ protocol: PROTOCOL_VERSION, socketUrl, namespace: 'bench' }))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as ClientFrame
      const say = (answer: object): void => socket.send(JSON.stringify(answer))
      if (frame.type !== 'submit') return say({ type: 'pong', ref: frame.ref })
      say({
        type: 'accepted',
        ref: frame.ref,
        jobs: frame.jobs.map(({ id }) => ({ id, status: 'pending', version: 1 })),
      })
      say({
        type: 'jobs',
        jobs: frame.jobs.map(({ id, input }) => ({ id, status: 'success', version: 2, attempts: 0, output: input })),
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = (): void => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
  }
  return { url, stop }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function* inputs(): Generator<{ n: number; text: string }> {
  for (let n = 0; n < ITEMS; n++) yield { n, text: 'x'.repeat(100) }
}

const peer = await startPeer()
const client = await connect({ url: peer.url, token: 'any' })
try {
  let read = 0
  let sinceMs = performance.now()
  const heapsMb: number[] = []
  for await (const output of client.map('echo', inputs())) {
    if ((output as { n: number }).n !== read++) throw new Error(`Output ${read - 1} is out of order.`)
    if (read % (ITEMS / TENTHS) !== 0) continue
    const rate = ITEMS / TENTHS / ((performance.now() - sinceMs) / 1_000)
    collectGarbage()
    heapsMb.push(process.memoryUsage().heapUsed / 1024 / 1024)
    const done = String((read / ITEMS) * 100).padStart(3)
    process.stdout.write(`${done} %  ${rate.toFixed(0).padStart(6)} items/s  heap ${heapsMb.at(-1)!.toFixed(1)} MB\n`)
    sinceMs = performance.now()
  }
  process.stdout.write(
    `heap after the last tenth less that after the first: ${(heapsMb.at(-1)! - heapsMb[0]!).toFixed(1)} MB\n`,
  )
} finally {
  await client.close()
  peer.stop()
}
