import type { ResolvedResource } from '../service.ts'
import { wrongProperty } from './properties.ts'

const LAMBDA_URI = /:lambda:path\/2015-03-31\/functions\/(arn:[^/]+)\/invocations$/

/** The ARN of the function in `arn:…:apigateway:<region>:lambda:path/2015-03-31/functions/<arn>/invocations`. */
export function functionArnFromUri(resource: ResolvedResource, path: string, uri: unknown): string {
  const functionArn = typeof uri === 'string' ? LAMBDA_URI.exec(uri)?.[1] : undefined
  if (functionArn === undefined) {
    throw wrongProperty(resource, path, `must be the invocation URI of a Lambda function, not ${JSON.stringify(uri)}`)
  }
  return functionArn
}
