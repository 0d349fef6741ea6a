import type { CloudContext } from '../../context.ts'
import type { ResolvedResource } from '../service.ts'
import { apiArn } from './api-ids.ts'
import type { InvocationTarget } from './invocation.ts'
import { optionalText, wrongProperty } from './properties.ts'

const LAMBDA_URI = /:lambda:path\/2015-03-31\/functions\/(arn:[^/]+)\/invocations$/

/** Reads the function's ARN from `arn:…:apigateway:<region>:lambda:path/2015-03-31/functions/<arn>/invocations`. */
export function functionArnFromUri(resource: ResolvedResource, path: string, uri: unknown): string {
  const functionArn = typeof uri === 'string' ? LAMBDA_URI.exec(uri)?.[1] : undefined
  if (functionArn === undefined) {
    throw wrongProperty(resource, path, `must be the invocation URI of a Lambda function, not ${JSON.stringify(uri)}`)
  }
  return functionArn
}

/**
 * Reads the function of an authorizer. `credentialsProperty` is the name of its role property, which differs between
 * REST and WebSocket APIs.
 */
export function authorizerTarget(
  resource: ResolvedResource,
  context: CloudContext,
  authorizer: { readonly apiId: string; readonly id: string; readonly credentialsProperty: string },
): InvocationTarget {
  const credentialsArn = optionalText(resource, authorizer.credentialsProperty)
  return {
    functionArn: functionArnFromUri(resource, 'AuthorizerUri', resource.properties['AuthorizerUri']),
    sourceArn: `${apiArn(context, authorizer.apiId)}/authorizers/${authorizer.id}`,
    ...(credentialsArn === undefined ? {} : { credentialsArn }),
  }
}
