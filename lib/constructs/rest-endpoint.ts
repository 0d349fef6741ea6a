import { Duration, Stack } from 'aws-cdk-lib/core'
import {
  CfnMethod,
  EndpointType,
  type IAuthorizer,
  LambdaIntegration,
  ResponseType,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { ERRORS, type ErrorCode } from '../../protocol/kit/errors.ts'

const STAGE = 'v1'

/** The props of a `RestEndpoint`. */
export interface RestEndpointProps {
  /** The name of the API in the console of AWS. */
  readonly name: string
  /** The function that knows the routes. */
  readonly handler: Function
  /** The authorizer that checks the token of each request. */
  readonly authorizer: IAuthorizer
}

/** The answers that API Gateway gives by itself, with our error bodies. */
const GATEWAY_RESPONSES: readonly {
  readonly id: string
  readonly type: ResponseType
  readonly code: ErrorCode
  /** True to keep the status of the gateway, because the type covers several. Otherwise the status of the code counts. */
  readonly keepStatus?: true
}[] = [
  { id: 'Unauthorized', type: ResponseType.UNAUTHORIZED, code: 'UNAUTHENTICATED' },
  { id: 'AccessDenied', type: ResponseType.ACCESS_DENIED, code: 'FORBIDDEN' },
  // The answer of the gateway to a path or method that it does not know.
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

/**
 * The REST API. The gateway checks the token; one function, which knows the routes, serves every path.
 *
 * @example
 * const rest = new RestEndpoint(this, 'Rest', { name: 'Jobwire-rest', handler, authorizer: tokens.rest })
 * new CfnOutput(this, 'RestUrl', { value: rest.url })
 */
export class RestEndpoint extends Construct {
  /** The address of the API: `https://…/v1`, without a slash at the end. */
  readonly url: string

  constructor(scope: Construct, id: string, props: RestEndpointProps) {
    super(scope, id)
    const api = new RestApi(this, 'Api', {
      restApiName: props.name,
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: false,
      deployOptions: { stageName: STAGE },
      defaultMethodOptions: { authorizer: props.authorizer },
      // The gateway itself answers the preflight of a browser, which has no token. No function runs for it.
      defaultCorsPreflightOptions: {
        allowOrigins: ['*'],
        allowMethods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
        allowHeaders: ['Authorization', 'Content-Type'],
        maxAge: Duration.hours(1),
      },
    })
    // The stack has the output `RestUrl` in place of the CDK's own.
    api.node.tryRemoveChild('Endpoint')
    // One permission for the whole API instead of one for each method.
    const integration = new LambdaIntegration(props.handler, { scopePermissionToMethod: false })
    api.root.addMethod('ANY', integration)
    api.root.addResource('{proxy+}').addMethod('ANY', integration)
    refuseOtherPreflights(api)
    addGatewayResponses(api)
    const { region, urlSuffix } = Stack.of(this)
    this.url = `https://${api.restApiId}.execute-api.${region}.${urlSuffix}/${STAGE}`
  }
}

/**
 * Has the gateway refuse a preflight with a content type other than JSON by 415. CDK's default passes its body on to the
 * mock integration, which cannot read it: a 500. A browser's preflight has no content type.
 */
function refuseOtherPreflights(api: RestApi): void {
  for (const method of api.node.findAll()) {
    if (!(method instanceof CfnMethod) || method.httpMethod !== 'OPTIONS') continue
    method.addPropertyOverride('Integration.PassthroughBehavior', 'NEVER')
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
