import { randomBytes } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type Check, failed, ok } from './check.ts'

const TIMEOUT_MS = 8_000
const ADVICE = 'Something on the way blocks WebSockets, like a proxy. The SDK works by REST then, and is slower.'

/** Opens a WebSocket and closes it again, without a client that would try again or go by REST. */
export function checkSocket(socketUrl: string, token: string): Promise<Check> {
  const url = new URL(socketUrl)
  const isSecure = url.protocol === 'wss:'
  url.protocol = isSecure ? 'https:' : 'http:'
  url.searchParams.set('token', token)
  url.searchParams.set('session', `doctor-${randomBytes(8).toString('hex')}`)
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  }
  const startMs = performance.now()
  return new Promise((resolve) => {
    const fail = (detail: string) => resolve(failed('socket', detail, ADVICE, 'unreachable'))
    const request = (isSecure ? requestHttps : requestHttp)(url, { headers, timeout: TIMEOUT_MS, agent: false })
    request.once('upgrade', (_, socket) => {
      socket.destroy()
      resolve(ok('socket', `${socketUrl} opens in ${Math.round(performance.now() - startMs)} ms`))
    })
    request.once('response', (response) => {
      response.destroy()
      fail(`${socketUrl} returned ${response.statusCode} in place of a WebSocket.`)
    })
    request.once('timeout', () => request.destroy(new Error('no answer')))
    request.once('error', (error) => fail(`${socketUrl} could not be opened: ${error.message}`))
    request.end()
  })
}
