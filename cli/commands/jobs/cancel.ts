import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { renderUpdate } from '../../output/job-text.ts'
import { forEachId } from './each-id.ts'

export function cancelCommand(): CliCommand {
  return new CliCommand('cancel')
    .summary('cancel jobs')
    .description('Cancels jobs, and prints the state of each after that. A job that has ended stays as it is.')
    .argument('<ids...>', 'the ids, or - for those of the standard input, one on each line')
    .example('jobwire cancel order-17 order-18', 'Cancel two jobs')
    .example('jobwire list --status pending --all --json | jq -r .id | jobwire cancel -', 'Cancel all that wait')
    .action(
      connected(async (session, ids: readonly string[]) => {
        const cancel = (id: string) => session.jobs.cancel(id)
        await forEachId(session, ids, cancel, (update) => renderUpdate(session.output, update))
      }),
    )
}
