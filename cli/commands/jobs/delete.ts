import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { forEachId } from './each-id.ts'

export function deleteCommand(): CliCommand {
  return new CliCommand('delete')
    .summary('delete jobs that have ended')
    .description('Deletes the records of jobs that have ended. Their ids are free again.')
    .argument('<ids...>', 'the ids, or - for those of the standard input, one on each line')
    .example('jobwire delete order-17', 'Delete a job')
    .action(
      connected(async (session, ids: readonly string[]) => {
        const remove = async (id: string) => {
          await session.jobs.delete(id)
          return { id, deleted: true }
        }
        await forEachId(session, ids, remove, ({ id }) => `${id}  deleted`)
      }),
    )
}
