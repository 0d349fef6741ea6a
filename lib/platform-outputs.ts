import { CfnOutput, Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'

/** The parts of a platform that clients must know. */
interface Addresses {
  readonly restUrl: string
  readonly socketUrl: string
  readonly tokenSecret: { readonly secretArn: string }
}

/**
 * Adds the outputs by which clients and the command line find a deployment. Their names have no hash, so that people
 * can read them: the platform `Jobs` has `JobsRestUrl`, `JobsSocketUrl` and `JobsTokenSecretArn`.
 */
export function addOutputs(platform: Construct & Addresses): void {
  const outputs = {
    RestUrl: ['The address of the REST API.', platform.restUrl],
    SocketUrl: ['The address of the WebSocket API.', platform.socketUrl],
    TokenSecretArn: ['The secret that signs tokens.', platform.tokenSecret.secretArn],
  } as const
  for (const [name, [description, value]] of Object.entries(outputs)) {
    new CfnOutput(platform, name, { description, value }).overrideLogicalId(`${idInStack(platform)}${name}`)
  }
}

/** Joins the ids of the construct and of those that it is in. A logical id has letters and digits only. */
function idInStack(platform: Construct): string {
  const { scopes } = platform.node
  const stack = scopes.indexOf(Stack.of(platform))
  return scopes
    .slice(stack + 1)
    .map(({ node }) => node.id.replaceAll(/[^A-Za-z0-9]/g, ''))
    .join('')
}
