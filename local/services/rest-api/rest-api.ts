import type { Authorizer } from '../execute-api/authorizer.ts'
import type { Throttle } from '../execute-api/token-bucket.ts'
import type { GatewayResponse, GatewayResponseType } from './gateway-response.ts'
import type { MockIntegration } from './mock-integration.ts'

/** One REST API as its template describes it. */
export interface RestApi {
  readonly id: string
  readonly name: string
  readonly binaryMediaTypes: readonly string[]
  readonly rootResourceId: string
  /** By resource id, the root included. */
  readonly resources: Map<string, ApiResource>
  readonly authorizers: Map<string, Authorizer>
  readonly gatewayResponses: Map<GatewayResponseType, GatewayResponse>
  readonly stages: Map<string, Stage>
}

export interface ApiResource {
  readonly id: string
  readonly parentId?: string
  /** `jobs`, `{id}` or `{proxy+}`. Empty for the root. */
  readonly pathPart: string
  /** By HTTP method or `ANY`. */
  readonly methods: Map<string, Method>
}

export interface Method {
  readonly authorizerId?: string
  readonly integration: ProxyIntegration | MockIntegration
}

export interface ProxyIntegration {
  readonly type: 'AWS_PROXY'
  readonly functionArn: string
  readonly timeoutMs: number
}

export interface Stage {
  readonly name: string
  readonly deploymentId: string
  readonly variables: Readonly<Record<string, string>>
  readonly throttle: Throttle
}
