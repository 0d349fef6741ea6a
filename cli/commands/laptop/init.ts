import { CliCommand } from '../../frame/cli-command.ts'
import { local } from '../../frame/session.ts'

export function initCommand(): CliCommand {
  return new CliCommand('init')
    .summary('add Jobwire to a CDK app, or make a new one')
    .description(
      'Adds a tasks file, a test, the construct and scripts to the CDK app of the folder, or makes a new app in an ' +
        'empty folder. Nothing is overwritten.',
    )
    .argument('[folder]', 'the folder', '.')
    .option('--yes', 'write without asking')
    .example('jobwire init', 'Add Jobwire to the app of this folder')
    .example('jobwire init infra --yes', 'Make a new app in the folder infra')
    .action(
      local(async (_session, folder: string, { yes = false }: { readonly yes?: boolean }) => {
        const { init } = await import('../../init/init.ts')
        await init({ folder, yes, print: (text) => void process.stdout.write(`${text}\n`) })
      }),
    )
}
