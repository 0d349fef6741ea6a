import { CliCommand } from '../../frame/cli-command.ts'
import { webhookDeliveriesCommand } from './deliveries.ts'
import { webhookSecretCommand } from './secret.ts'

export function webhooksCommand(): CliCommand {
  return new CliCommand('webhooks')
    .summary('look after webhooks')
    .description('Shows the secret that signs webhooks, and what became of the webhooks of a job.')
    .addCommand(webhookSecretCommand())
    .addCommand(webhookDeliveriesCommand())
}
