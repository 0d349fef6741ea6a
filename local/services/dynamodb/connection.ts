import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { AwsError } from '../../wire/call.ts'

export interface EngineAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A connection pool to the engine, which speaks DynamoDB's JSON protocol. */
export interface EngineConnection {
  /** Sends one call as it came. `headers` are the caller's. */
  send(headers: OutgoingHttpHeaders, body: Buffer): Promise<EngineAnswer>
  /** Makes one call of our own. Throws an `AwsError` if the engine refuses it. */
  call(operation: string, input: object): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** Headers that concern only the caller's own connection, or that our changes make wrong. */
const OWN_HEADERS = ['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'accept-encoding']
const DROPPED_ANSWER_HEADERS = [
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'x-amz-crc32',
  'date',
]

/** Connects to a DynamoDB engine at `endpoint`. */
export function connectEngine(endpoint: string): EngineConnection {
  const url = new URL(endpoint)
  const secure = url.protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const options = { agent, hostname: url.hostname, port: url.port, path: url.pathname, method: 'POST' }

  const attempt = (headers: OutgoingHttpHeaders, body: Buffer, again: boolean): Promise<EngineAnswer> =>
    new Promise((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)({
        ...options,
        headers: { ...headers, host: url.host, 'content-length': body.length },
      })
      outgoing.once('response', (incoming) => {
        collect(incoming).then(resolve, (error: Error) => reject(unreachable(endpoint, error)))
      })
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        // The engine may close a kept connection in the moment of its next use. It has read nothing then.
        if (again && outgoing.reusedSocket && error.code === 'ECONNRESET') resolve(attempt(headers, body, false))
        else reject(unreachable(endpoint, error))
      })
      outgoing.end(body)
    })

  const send = (headers: OutgoingHttpHeaders, body: Buffer): Promise<EngineAnswer> => {
    const forwarded = { ...headers }
    for (const name of OWN_HEADERS) delete forwarded[name]
    return attempt(forwarded, body, true)
  }
  return {
    send,
    async call(operation, input) {
      const answer = await send(ownHeaders(operation), Buffer.from(JSON.stringify(input)))
      const body = JSON.parse(answer.body.toString() || '{}') as Record<string, unknown>
      if (answer.status === 200) return body
      const code = String(body['__type']).split('#').pop()!
      throw new AwsError(code, String(body['message'] ?? body['Message'] ?? operation), answer.status)
    },
    close() {
      agent.destroy()
      return Promise.resolve()
    },
  }
}

function ownHeaders(operation: string): OutgoingHttpHeaders {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${date.slice(0, 8)}/us-east-1/dynamodb/aws4_request`
  return {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': date,
    authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host, Signature=local`,
  }
}

async function collect(incoming: IncomingMessage): Promise<EngineAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === 'string' && !DROPPED_ANSWER_HEADERS.includes(name)) headers[name] = value
  }
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  return { status: incoming.statusCode ?? 500, headers, body }
}

function unreachable(endpoint: string, error: Error): AwsError {
  return new AwsError('InternalServerError', `DynamoDB's engine at ${endpoint} does not answer: ${error.message}`, 500)
}
