// Starts one of the examples on this machine: `npm run example -- react`. JOBWIRE_URL and JOBWIRE_TOKEN name the
// deployment; `npm start` prints both.
import { connect } from '@jobwire/sdk'
import type { WebhookEvent } from '@jobwire/sdk/webhook'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { tasks } from '../tasks/index.ts'
import { createPageServer } from './browser/server.ts'
import { createApp as createExpress } from './express/server.ts'
import { createApp as createHono } from './hono/server.ts'
import { GET, POST } from './next/route.ts'
import { createReactServer } from './react/server.ts'

interface Settings {
  readonly url: string
  readonly token: string
  /** Returns the address of the running example. */
  readonly publicUrl: () => string
}

const examples: Record<string, (settings: Settings) => Promise<Server | RequestListener>> = {
  browser: async (settings) => createPageServer(settings),
  react: async (settings) => createReactServer(settings),
  express: async (settings) => createExpress({ ...(await forServer(settings)), publicUrl: settings.publicUrl }),
  hono: async (settings) => {
    const app = createHono(await forServer(settings))
    return listener(async (request) => app.fetch(request))
  },
  next: async () => listener(async (request) => (request.method === 'POST' ? POST(request) : GET(request))),
}

async function forServer({ url, token }: Settings) {
  const answer = await fetch(`${url}/webhooks/secret`, { headers: { authorization: `Bearer ${token}` } })
  const { secret } = (await answer.json()) as { secret: string }
  const onEnd = ({ type, data }: WebhookEvent) => console.log(`webhook: ${type} of ${data.job.id}`, data.job.output)
  return { jobs: await connect<typeof tasks>({ url, token }), webhookSecret: secret, onEnd }
}

/** Adapts a handler of web requests to Node. A real application uses the adapter of its framework. */
function listener(answer: (request: Request) => Promise<Response>): RequestListener {
  return (incoming, outgoing) => {
    const gone = new AbortController()
    outgoing.on('close', () => gone.abort())
    toWebRequest(incoming, gone.signal)
      .then(answer)
      .then(async (response) => {
        outgoing.writeHead(response.status, Object.fromEntries(response.headers))
        outgoing.end(await response.text())
      })
      .catch((error: Error) => outgoing.writeHead(500).end(error.message))
  }
}

async function toWebRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const { method = 'GET', url = '/', headers } = incoming
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return new Request(`http://${headers.host}${url}`, {
    method,
    headers: headers as Record<string, string>,
    signal,
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  })
}

async function main(name: string | undefined): Promise<void> {
  const { JOBWIRE_URL: url, JOBWIRE_TOKEN: token, PORT = '3000' } = process.env
  const start = examples[name ?? '']
  if (start === undefined || url === undefined || token === undefined) {
    console.error(
      `Give one of ${Object.keys(examples).join(', ')}, and set JOBWIRE_URL and JOBWIRE_TOKEN as "npm start" prints them.`,
    )
    process.exitCode = 1
    return
  }
  let publicUrl = ''
  const app = await start({ url, token, publicUrl: () => publicUrl })
  const server = typeof app === 'function' ? createServer(app) : app
  server.on('error', (error) => {
    console.error(`${error.message}. Set PORT to use another port.`)
    process.exitCode = 1
  })
  server.listen(Number(PORT), '127.0.0.1', () => {
    publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    console.log(`The example ${name} is at ${publicUrl}`)
  })
  process.once('SIGINT', () => process.exit())
}

main(process.argv[2]).catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
