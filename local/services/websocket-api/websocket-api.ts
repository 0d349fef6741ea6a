import type { Authorizer } from '../execute-api/authorizer.ts'
import type { Throttle } from '../execute-api/token-bucket.ts'
import type { Connection } from './connection.ts'

/** One WebSocket API as its template describes it, and its open connections. */
export interface WebSocketApi {
  readonly id: string
  readonly name: string
  /** `['type']` for `$request.body.type`. */
  readonly routeSelection: readonly string[]
  readonly integrations: Map<string, Integration>
  readonly authorizers: Map<string, Authorizer>
  /** By route key. */
  readonly routes: Map<string, Route>
  readonly stages: Map<string, Stage>
  /** By connection id. Only connections whose `$connect` has returned. */
  readonly connections: Map<string, Connection>
}

export interface Route {
  readonly id: string
  readonly key: string
  readonly integrationId?: string
  readonly authorizerId?: string
  /** True if it has a route response: the function's return value then goes back to the client. */
  hasResponse: boolean
}

export type Integration =
  | { readonly type: 'AWS_PROXY'; readonly functionArn: string; readonly timeoutMs: number }
  | { readonly type: 'MOCK' }

export interface Stage {
  readonly name: string
  readonly variables: Readonly<Record<string, string>>
  readonly throttle: Throttle
}
