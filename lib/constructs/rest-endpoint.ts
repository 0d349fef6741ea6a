import { Duration, Stack } from 'aws-cdk-lib/core'
import { EndpointType, type IAuthorizer, LambdaIntegration, ResponseType, RestApi } from 'aws-cdk-lib/aws-apigateway'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { ERRORS, type ErrorCode } from '../../protocol/kit/errors.ts'

const STAGE = 'v1'

export interface RestEndpointProps {
  readonly name: string
  readonly handler: Function
  readonly authorizer: IAuthorizer
}

/** What API Gateway answers by itself, in our own words. */
const GATEWAY_RESPONSES: readonly {
  readonly id: string
  readonly type: ResponseType
  readonly code: ErrorCode
  /** Keep the gateway's status: these types stand for several. Otherwise the code's own is used. */
  readonly keepStatus?: true
}[] = [
  { id: 'Unauthorized', type: ResponseType.UNAUTHORIZED, code: 'UNAUTHENTICATED' },
  { id: 'AccessDenied', type: ResponseType.ACCESS_DENIED, code: 'FORBIDDEN' },
  // What the gateway says of a path or method that it does not know.
  { id: 'MissingToken', type: ResponseType.MISSING_AUTHENTICATION_TOKEN, code: 'UNKNOWN_ROUTE' },
  { id: 'NotFound', type: ResponseType.RESOURCE_NOT_FOUND, code: 'UNKNOWN_ROUTE' },
  { id: 'TooLarge', type: ResponseType.REQUEST_TOO_LARGE, code: 'PAYLOAD_TOO_LARGE' },
  { id: 'Throttled', type: ResponseType.THROTTLED, code: 'THROTTLED' },
  { id: 'QuotaExceeded', type: ResponseType.QUOTA_EXCEEDED, code: 'THROTTLED' },
  { id: 'IntegrationFailure', type: ResponseType.INTEGRATION_FAILURE, code: 'UNAVAILABLE' },
  { id: 'IntegrationTimeout', type: ResponseType.INTEGRATION_TIMEOUT, code: 'UNAVAILABLE' },
  { id: 'Default4xx', type: ResponseType.DEFAULT_4XX, code: 'INVALID_REQUEST', keepStatus: true },
  { id: 'Default5xx', type: ResponseType.DEFAULT_5XX, code: 'INTERNAL', keepStatus: true },
]

/** The REST API: one function behind every path, which knows the routes; the gateway checks the token. */
export class RestEndpoint extends Construct {
  /** Where the routes begin: `https://…/v1`, without a slash at the end. */
  readonly url: string

  constructor(scope: Construct, id: string, props: RestEndpointProps) {
    super(scope, id)
    const api = new RestApi(this, 'Api', {
      restApiName: props.name,
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: false,
      deployOptions: { stageName: STAGE },
      defaultMethodOptions: { authorizer: props.authorizer },
      // Answered by the gateway itself: a browser's preflight carries no token, and need not wake a function.
      defaultCorsPreflightOptions: {
        allowOrigins: ['*'],
        allowMethods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
        allowHeaders: ['Authorization', 'Content-Type'],
        maxAge: Duration.hours(1),
      },
    })
    // The CDK's own output; the stack has `RestUrl`.
    api.node.tryRemoveChild('Endpoint')
    // One permission for the whole API instead of one for each method.
    const integration = new LambdaIntegration(props.handler, { scopePermissionToMethod: false })
    api.root.addMethod('ANY', integration)
    api.root.addResource('{proxy+}').addMethod('ANY', integration)
    addGatewayResponses(api)
    const { region, urlSuffix } = Stack.of(this)
    this.url = `https://${api.restApiId}.execute-api.${region}.${urlSuffix}/${STAGE}`
  }
}

function addGatewayResponses(api: RestApi): void {
  for (const { id, type, code, keepStatus } of GATEWAY_RESPONSES) {
    api.addGatewayResponse(id, {
      type,
      ...(keepStatus ? {} : { statusCode: String(ERRORS[code].status) }),
      // Without it a browser hides the answer from the page, and the caller sees a network error.
      responseHeaders: { 'Access-Control-Allow-Origin': "'*'" },
      templates: { 'application/json': JSON.stringify({ error: { code, message: ERRORS[code].sentence } }) },
    })
  }
}
