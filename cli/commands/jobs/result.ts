import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { printResult } from './print-end.ts'
import { addWaitingOptions, type WaitingOptions } from './options/waiting-options.ts'

export function resultCommand(): CliCommand {
  return addWaitingOptions(new CliCommand('result'))
    .summary('wait for a job and print its output')
    .description('Waits until a job has ended, and prints its output as JSON.')
    .argument('<id>', 'the id of the job')
    .example('jobwire result order-17 --timeout 2m', 'Wait for two minutes at most')
    .action(
      connected(async (session, id: string, options: WaitingOptions) => {
        // The SDK waits for a job that nobody has submitted yet. Here such an id is a slip of the pen.
        await session.jobs.status(id)
        await printResult(session, id, options)
      }),
    )
}
