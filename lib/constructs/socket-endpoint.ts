import { type IWebSocketRouteAuthorizer, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { allowPush } from './grants.ts'

const STAGE = 'v1'

export interface SocketEndpointProps {
  readonly name: string
}

/**
 * The WebSocket API. Functions that push are made after it, for they are told its address; what it routes to is
 * added afterwards by `serve`. So the address refers to the API alone, and nothing depends on itself.
 */
export class SocketEndpoint extends Construct {
  /** Where clients connect: `wss://…/v1`. */
  readonly url: string
  /** Where functions push: `https://…/v1`. */
  readonly managementEndpoint: string
  readonly #api: WebSocketApi

  constructor(scope: Construct, id: string, props: SocketEndpointProps) {
    super(scope, id)
    this.#api = new WebSocketApi(this, 'Api', { apiName: props.name, routeSelectionExpression: '$request.body.type' })
    // No access log: $connect carries the token in its query string, and a log of requests would keep it.
    const stage = new WebSocketStage(this, 'Stage', { webSocketApi: this.#api, stageName: STAGE, autoDeploy: true })
    this.url = stage.url
    this.managementEndpoint = stage.callbackUrl
  }

  /** Lets a function push. */
  allowPush(target: Function): void {
    allowPush(target, { apiId: this.#api.apiId, stage: STAGE })
  }

  /** Routes every frame to a function. What it returns for `$default` goes back over the socket as the answer. */
  serve(handler: Function, authorizer: IWebSocketRouteAuthorizer): void {
    const integration = new WebSocketLambdaIntegration('Integration', handler)
    this.#api.addRoute('$connect', { integration, authorizer })
    this.#api.addRoute('$disconnect', { integration })
    this.#api.addRoute('$default', { integration, returnResponse: true })
  }
}
