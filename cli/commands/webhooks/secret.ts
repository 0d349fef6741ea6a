import { CliCommand } from '../../frame/cli-command.ts'
import { local } from '../../frame/session.ts'
import { getRoute } from '../../target/rest.ts'

interface SecretAnswer {
  readonly secret: string
  readonly previous?: string
}

export function webhookSecretCommand(): CliCommand {
  return new CliCommand('secret')
    .summary('print the secret that signs webhooks')
    .description('Prints the secret that signs the webhooks of the namespace, for `verifyWebhook` in the receiver.')
    .example('export WEBHOOK_SECRET=$(jobwire webhooks secret)', 'Give the secret to a receiver')
    .action(
      local(async (session) => {
        const { body } = await getRoute<SecretAnswer>(await session.target(), '/webhooks/secret')
        session.output.value(body, () => body.secret)
      }),
    )
}
