import { CliCommand } from '../../frame/cli-command.ts'
import { local } from '../../frame/session.ts'

export function demoCommand(): CliCommand {
  return new CliCommand('demo')
    .summary('run 400 jobs on a local cloud')
    .description('Runs 400 jobs on a local cloud, and shows their results and what they would cost on AWS.')
    .action(
      local(async () => {
        const { demo } = await import('../../demo.ts')
        await demo()
      }),
    )
}
