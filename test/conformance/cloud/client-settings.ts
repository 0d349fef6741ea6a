// The SDK would warn if the machine runs an older Node.js than it wants.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The account's owner. The local cloud takes any key for the owner's, unless it gave the key to a function. */
export const OWNER: Credentials = { accessKeyId: 'anything', secretAccessKey: 'anything' }

/** The settings of an AWS client that calls a local endpoint once, without a second try. */
export function clientSettings(endpoint: string, credentials: Credentials = OWNER) {
  return { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
}

interface AwsClient {
  readonly middlewareStack: {
    add(middleware: (handle: any, context: any) => any, options: { step: 'initialize' }): void
  }
}

/** Reports the name of every command that a client gets, once for each command, however often the SDK sends it. */
export function onCommand({ middlewareStack }: AwsClient, report: (commandName: string) => void): void {
  middlewareStack.add(
    (handle: (args: unknown) => unknown, context: { commandName?: string }) => (args: unknown) => {
      report(String(context.commandName))
      return handle(args)
    },
    { step: 'initialize' },
  )
}
