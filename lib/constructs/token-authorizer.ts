import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { IdentitySource, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway'
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import type { Code, Function } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { ENVIRONMENT } from '../../lambdas/environment.ts'
import { allow, createFunction } from './jobwire-function.ts'

const TIMEOUT_MS = 10_000

export interface TokenAuthorizerProps {
  readonly code: Code
  readonly memoryMb: number
  readonly logRetentionDays: number
  readonly removalPolicy: 'retain' | 'destroy'
}

/** Who may call: one function that checks tokens for both APIs, and the secret that signs them. */
export class TokenAuthorizer extends Construct {
  readonly handler: Function
  readonly secret: Secret
  /** For the REST API. */
  readonly rest: RequestAuthorizer
  /** For `$connect` of the WebSocket API. A browser cannot set headers there, so the token is in the query. */
  readonly socket: WebSocketLambdaAuthorizer

  constructor(scope: Construct, id: string, props: TokenAuthorizerProps) {
    super(scope, id)
    this.secret = new Secret(this, 'Secret', {
      description: 'Signs the tokens of this Jobwire deployment (HS256).',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: props.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    this.handler = createFunction(this, 'Authorizer', {
      description: 'Checks the token of a REST request or of a socket that connects.',
      code: props.code,
      memoryMb: props.memoryMb,
      timeout: TIMEOUT_MS,
      logRetentionDays: props.logRetentionDays,
      environment: { [ENVIRONMENT.tokenSecretId]: this.secret.secretArn },
    })
    // Not secret.grantRead: that would allow DescribeSecret as well.
    allow(this.handler, ['secretsmanager:GetSecretValue'], [this.secret.secretArn])
    this.rest = new RequestAuthorizer(this, 'Rest', {
      handler: this.handler,
      // A request without the header is refused by the gateway itself, and costs no invocation.
      identitySources: [IdentitySource.header('Authorization')],
      resultsCacheTtl: Duration.minutes(5),
    })
    this.socket = new WebSocketLambdaAuthorizer('Authorizer', this.handler, {
      identitySource: ['route.request.querystring.token'],
    })
  }
}
