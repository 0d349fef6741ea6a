import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LogEntry } from '../context.ts'
import {
  AwsError,
  ConnectionCut,
  type AwsAnswer,
  type AwsApi,
  type AwsCall,
  type AwsRequestHead,
  type CallInterceptor,
  type Principal,
} from './call.ts'
import { readCredential } from './credential.ts'
import { renderJsonError } from './json-error.ts'
import { refusePages } from './page-guard.ts'
import { refuseUnavailableCall, type StandIn } from './unavailable-call.ts'

export interface AwsEndpointOptions {
  readonly apis: readonly AwsApi[]
  /** Outermost first. */
  readonly interceptors: readonly CallInterceptor[]
  /** Finds the owner of an access key: the account's owner for every unknown key. */
  readonly principalOf: (accessKeyId: string | undefined) => Principal
  /** The resources that nothing runs behind, to name them in refusals. */
  readonly standIns?: () => readonly StandIn[]
  readonly log: (entry: LogEntry) => void
}

/** Above the largest request of any service here: an S3 object of 64 MB, in chunks. */
const MAX_BODY_BYTES = 66 * 1024 * 1024

type HandleAwsCall = (request: IncomingMessage, response: ServerResponse, path: string) => void

/** Answers the calls of AWS SDKs and command lines: finds the service, and runs the call through every interceptor. */
export function createAwsEndpoint(options: AwsEndpointOptions): HandleAwsCall {
  const { apis, interceptors, principalOf, standIns, log } = options
  return (request, response, path) => {
    const { method = 'GET', headers } = request
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
    })
    request.on('error', () => response.destroy())
    const hangUp = new AbortController()
    response.on('close', () => {
      if (!response.writableFinished) hangUp.abort()
    })
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      answerTo(body)
        .then((answer) => {
          if (answer === undefined) response.destroy()
          else sendAnswer(response, answer)
        })
        .catch((error: unknown) => {
          log({ source: 'wire', level: 'error', message: `An answer could not be sent: ${String(error)}` })
          response.destroy()
        })
    })

    const answerTo = async (body: Buffer): Promise<AwsAnswer | undefined> => {
      const query = new URLSearchParams(request.url?.split('?', 2)[1])
      const found = findApi(apis, { method, path, query, headers })
      if (bytes > MAX_BODY_BYTES) return found?.api.renderError(bodyTooLarge()) ?? renderJsonError(bodyTooLarge())
      if (found === undefined) {
        return refuseUnavailableCall({ method, path, query, headers, body }, standIns?.() ?? [])
      }
      const { api, operation } = found
      try {
        refusePages(headers, api.openToPages)
        const accessKeyId = readCredential(headers, query)?.accessKeyId
        const caller = { principal: principalOf(accessKeyId), accessKeyId }
        const head = { service: api.service, operation, ...caller, method, path, query, headers }
        const call = createCall({ ...head, body, hungUp: hangUp.signal })
        return await runThrough(interceptors, call, api)
      } catch (error) {
        if (error instanceof ConnectionCut) return undefined
        return api.renderError(error instanceof AwsError ? error : internalFailure(error, api, log))
      }
    }
  }
}

function findApi(
  apis: readonly AwsApi[],
  head: AwsRequestHead,
): { readonly api: AwsApi; readonly operation: string } | undefined {
  for (const api of apis) {
    const operation = api.match(head)
    if (operation !== undefined) return { api, operation }
  }
  return undefined
}

function createCall(head: Omit<AwsCall, 'input'>): AwsCall {
  let parsed: Record<string, unknown> | undefined
  return { ...head, input: () => (parsed ??= parseInput(head.body)) }
}

function parseInput(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'))
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>
    }
  } catch {
    // The error below is written in the service's own dialect.
  }
  throw new AwsError('SerializationException', 'The body of the request is not a JSON object.')
}

function runThrough(interceptors: readonly CallInterceptor[], call: AwsCall, api: AwsApi): Promise<AwsAnswer> {
  // Async, so that a wrapping interceptor gets a rejection and never a throw.
  const step = async (index: number, made: AwsCall): Promise<AwsAnswer> => {
    const interceptor = interceptors[index]
    return interceptor === undefined
      ? api.handle(made)
      : interceptor(made, (instead = made) => step(index + 1, instead))
  }
  return step(0, call)
}

function internalFailure(error: unknown, api: AwsApi, log: (entry: LogEntry) => void): AwsError {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  log({ source: api.service, level: 'error', message: `Unexpected error: ${trace}` })
  return new AwsError('InternalFailure', 'The local cloud failed unexpectedly; its log says how.', 500)
}

function bodyTooLarge(): AwsError {
  return new AwsError('RequestEntityTooLarge', `The body is larger than ${MAX_BODY_BYTES} bytes.`, 413)
}

function sendAnswer(response: ServerResponse, answer: AwsAnswer): void {
  // The caller may be gone, or an interceptor may have cut the connection on purpose.
  if (response.destroyed) return
  const { headers = {} } = answer
  const hasRequestId = 'x-amzn-requestid' in headers || 'x-amz-request-id' in headers
  response.writeHead(answer.status, {
    'content-length': Buffer.byteLength(answer.body),
    ...headers,
    ...(hasRequestId ? {} : { 'x-amzn-requestid': randomUUID() }),
  })
  response.end(answer.body)
}
