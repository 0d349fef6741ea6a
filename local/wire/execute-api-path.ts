import type { ExecuteApiTarget } from '../services/service.ts'

const EXECUTE_API_PATH = /^\/_aws\/execute-api\/([^/?]+)\/([^/?]+)([^?]*)(?:\?(.*))?$/s

/** Reads `/_aws/execute-api/<apiId>/<stage>/…`; undefined for every other path. */
export function readExecuteApiPath(url: string): ExecuteApiTarget | undefined {
  const match = EXECUTE_API_PATH.exec(url)
  if (match === null) return undefined
  const [, apiId, stage, path, query] = match
  return { apiId: apiId!, stage: stage!, path: path || '/', query: new URLSearchParams(query ?? '') }
}

/** Returns true for the management API of WebSocket connections, which AWS SDKs call under the API's own address. */
export function isConnectionsPath(target: ExecuteApiTarget): boolean {
  return /^\/(?:@|%40)connections(?:\/|$)/i.test(target.path)
}
