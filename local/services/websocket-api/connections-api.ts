import { AwsError } from '../../wire/call.ts'
import type { AwsAnswer, AwsApi, AwsCall } from '../../wire/call.ts'
import type { CloudContext } from '../../context.ts'
import { apiArn } from '../execute-api/api-ids.ts'
import { MAX_MESSAGE_BYTES } from './connection.ts'
import type { Connection } from './connection.ts'
import type { WebSocketApi } from './websocket-api.ts'

const OPERATIONS: Readonly<Record<string, string>> = {
  POST: 'PostToConnection',
  GET: 'GetConnection',
  DELETE: 'DeleteConnection',
}
const PATH = /^\/_aws\/execute-api\/([^/]+)\/([^/]+)\/(?:@|%40)connections\/([^/]+)$/
const CONNECTION_ID = /^[\w-]{15}=$/

interface ConnectionTarget {
  readonly apiId: string
  readonly stage: string
  readonly connectionId: string
}

/** The `@connections` API, in the REST-JSON of the SDKs of API Gateway's management API. */
export function createConnectionsApi(context: CloudContext, apis: ReadonlyMap<string, WebSocketApi>): AwsApi {
  return {
    service: 'execute-api',
    match: ({ method, path }) => (readConnectionTarget(path) === undefined ? undefined : OPERATIONS[method]),
    authorizations({ method, path }) {
      const { apiId, stage, connectionId } = readConnectionTarget(path)!
      const resourceArn = `${apiArn(context, apiId)}/${stage}/${method}/@connections/${connectionId}`
      return [{ action: 'execute-api:ManageConnections', resourceArn }]
    },
    handle: async (call) => answer(apis, call),
    renderError: ({ code, message, status, details }) => ({
      status,
      headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': code },
      body: JSON.stringify({ ...details, message }),
    }),
  }
}

function answer(apis: ReadonlyMap<string, WebSocketApi>, call: AwsCall): AwsAnswer {
  const target = readConnectionTarget(call.path)!
  const connection = findConnection(apis, target)
  if (call.operation === 'GetConnection') return describeConnection(connection)
  if (call.operation === 'DeleteConnection') {
    connection.close(1000, 'Connection Closed Normally')
    return { status: 204, body: '' }
  }
  if (call.body.length > MAX_MESSAGE_BYTES) {
    throw new AwsError('PayloadTooLargeException', 'Message too long: a message may have 128 KB.', 413)
  }
  if (connection.isCongested) {
    throw new AwsError('LimitExceededException', 'The client does not read its messages fast enough.', 429)
  }
  connection.send(call.body.toString('utf8'))
  return { status: 200, body: '' }
}

function findConnection(apis: ReadonlyMap<string, WebSocketApi>, target: ConnectionTarget): Connection {
  const api = apis.get(target.apiId)
  if (!api?.stages.has(target.stage)) throw new AwsError('ForbiddenException', 'Forbidden', 403)
  if (!CONNECTION_ID.test(target.connectionId)) {
    throw new AwsError('BadRequestException', `Invalid connectionId: ${target.connectionId}`, 400)
  }
  const connection = api.connections.get(target.connectionId)
  if (connection === undefined || connection.isEnded || connection.origin.stage !== target.stage) {
    throw new AwsError('GoneException', 'The connection is gone.', 410)
  }
  return connection
}

function describeConnection({ origin, lastActiveAt }: Connection): AwsAnswer {
  const body = {
    connectedAt: new Date(origin.connectedAt).toISOString(),
    identity: { sourceIp: origin.sourceIp, userAgent: origin.userAgent },
    lastActiveAt: new Date(lastActiveAt).toISOString(),
  }
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
}

function readConnectionTarget(path: string): ConnectionTarget | undefined {
  const match = PATH.exec(path)
  if (match === null) return undefined
  try {
    return { apiId: match[1]!, stage: decodeURIComponent(match[2]!), connectionId: decodeURIComponent(match[3]!) }
  } catch {
    return undefined
  }
}
