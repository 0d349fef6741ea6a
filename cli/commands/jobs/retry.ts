import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { forEachId } from './each-id.ts'

export function retryCommand(): CliCommand {
  return new CliCommand('retry')
    .summary('run failed or cancelled jobs again')
    .description('Runs failed or cancelled jobs again, under their ids.')
    .argument('<ids...>', 'the ids, or - for those of the standard input, one on each line')
    .example('jobwire retry order-17', 'Run a job again')
    .action(
      connected(async (session, ids: readonly string[]) => {
        const retry = async (id: string) => {
          const { status } = await session.jobs.retry(id)
          return { id, status }
        }
        await forEachId(session, ids, retry, ({ id, status }) => `${id}  ${status}`)
      }),
    )
}
