import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { IdentitySource, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway'
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import type { Code, Function } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { ENVIRONMENT } from '../../lambdas/environment.ts'
import { allow, createFunction } from './jobwire-function.ts'

const TIMEOUT_MS = 10_000

/** The props of a `TokenAuthorizer`. */
export interface TokenAuthorizerProps {
  /** The bundled code of the function. */
  readonly code: Code
  /** The memory of the function in MB. */
  readonly memoryMb: number
  /** The number of days for which the logs of the function are kept. */
  readonly logRetentionDays: number
  /** With `destroy`, the secret is deleted with the stack. */
  readonly removalPolicy: 'retain' | 'destroy'
}

/**
 * The authorizer: one function that checks the tokens of both APIs, and the secret that signs them.
 *
 * @example
 * const tokens = new TokenAuthorizer(this, 'Tokens', { ...settings, code: bundle.code('authorizer') })
 * socket.serve(socketFunction, tokens.socket)
 */
export class TokenAuthorizer extends Construct {
  /** The function that checks tokens. */
  readonly handler: Function
  /** The secret that signs tokens. */
  readonly secret: Secret
  /** The authorizer of the REST API. */
  readonly rest: RequestAuthorizer
  /** The authorizer of `$connect`. The token is in the query there, because browsers cannot set headers. */
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
      // The gateway itself refuses a request without the header, which costs no invocation.
      identitySources: [IdentitySource.header('Authorization')],
      resultsCacheTtl: Duration.minutes(5),
    })
    this.socket = new WebSocketLambdaAuthorizer('Authorizer', this.handler, {
      identitySource: ['route.request.querystring.token'],
    })
  }
}
