// The SDK would warn if the machine runs an older Node.js than it wants.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The account's owner: the local cloud takes any key that no function was given for the owner's. */
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

/** Reports the name of every command that a client is given, once however often it is sent. */
export function onCommand({ middlewareStack }: AwsClient, report: (commandName: string) => void): void {
  middlewareStack.add(
    (handle: (args: unknown) => unknown, context: { commandName?: string }) => (args: unknown) => {
      report(String(context.commandName))
      return handle(args)
    },
    { step: 'initialize' },
  )
}
