import { type IWebSocketRouteAuthorizer, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { allowPush } from './grants.ts'

const STAGE = 'v1'

/** The props of a `SocketEndpoint`. */
export interface SocketEndpointProps {
  /** The name of the API in the console of AWS. */
  readonly name: string
}

/**
 * The WebSocket API. Functions that push need its address, so they are made after it, and `serve` adds the routes last.
 * So the address depends on the API alone, and there is no circle of dependencies.
 *
 * @example
 * const socket = new SocketEndpoint(this, 'Socket', { name: 'Jobwire-socket' })
 * socket.allowPush(worker)
 * socket.serve(socketFunction, tokens.socket)
 */
export class SocketEndpoint extends Construct {
  /** The address for clients: `wss://…/v1`. */
  readonly url: string
  /** The address for functions that push: `https://…/v1`. */
  readonly managementEndpoint: string
  readonly #api: WebSocketApi

  constructor(scope: Construct, id: string, props: SocketEndpointProps) {
    super(scope, id)
    this.#api = new WebSocketApi(this, 'Api', { apiName: props.name, routeSelectionExpression: '$request.body.type' })
    // No access log: it would keep the token, which $connect carries in its query string.
    const stage = new WebSocketStage(this, 'Stage', { webSocketApi: this.#api, stageName: STAGE, autoDeploy: true })
    this.url = stage.url
    this.managementEndpoint = stage.callbackUrl
  }

  /** Lets a function push. */
  allowPush(target: Function): void {
    allowPush(target, { apiId: this.#api.apiId, stage: STAGE })
  }

  /** Routes every frame to a function. Its result for `$default` goes back over the socket as the answer. */
  serve(handler: Function, authorizer: IWebSocketRouteAuthorizer): void {
    const integration = new WebSocketLambdaIntegration('Integration', handler)
    this.#api.addRoute('$connect', { integration, authorizer })
    this.#api.addRoute('$disconnect', { integration })
    this.#api.addRoute('$default', { integration, returnResponse: true })
  }
}
