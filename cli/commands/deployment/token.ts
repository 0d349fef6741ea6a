import { CliCommand } from '../../frame/cli-command.ts'
import { durationMs } from '../../frame/parse-values.ts'
import { local, type Session } from '../../frame/session.ts'
import { findTokenSecret } from '../../target/token-secret.ts'
import { readTokenSecret, signToken } from '../../token.ts'

interface Options {
  readonly secretId?: string
  readonly subject: string
  readonly expiresIn: number
}

export function tokenCommand(): CliCommand {
  return new CliCommand('token')
    .summary('sign a token for a deployment')
    .description('Signs a token with the secret of the deployment, read with your AWS credentials, and prints it.')
    .option('--secret-id <arn>', 'the stack output TokenSecretArn (default: that of --stack, or of the local cloud)')
    .option('--subject <name>', 'the user of the token', 'cli')
    .option('--expires-in <duration>', 'the lifetime of the token, in seconds or like 2h', parseLifetime, 3600)
    .example('jobwire token --stack Jobwire --namespace my-team', 'Sign a token for a stack on AWS')
    .example('jobwire token --namespace acme --expires-in 1d', 'Sign a token for the local cloud')
    .action(
      local(async (session, { secretId, subject, expiresIn }: Options) => {
        const namespace = session.options.namespace ?? 'default'
        const secret = await readSecret(session, secretId)
        const token = await signToken(secret, { namespace, subject, expiresInSeconds: expiresIn })
        const expiresAt = new Date((Math.floor(Date.now() / 1000) + expiresIn) * 1000).toISOString()
        session.output.value({ token, namespace, subject, expiresAt }, () => token)
      }),
    )
}

async function readSecret(session: Session, secretId: string | undefined): Promise<string> {
  if (secretId !== undefined) return readTokenSecret(secretId, session.options.endpointUrl)
  return findTokenSecret(await session.target())
}

/** A bare number counts seconds, as it does in the claims of a token. */
function parseLifetime(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil(durationMs(text) / 1000)
}
