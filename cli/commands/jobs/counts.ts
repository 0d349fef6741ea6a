import { JOB_STATUSES } from '../../../protocol/job/job.ts'
import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { STATUS_COLOURS } from '../../output/job-text.ts'
import { addFilterOptions, toFilter, type FilterOptions } from './options/filter-options.ts'

export function countsCommand(): CliCommand {
  return addFilterOptions(new CliCommand('counts'))
    .summary('count the jobs in each status')
    .description('Counts the jobs in each status, and in all.')
    .example('jobwire counts --since 1h --generated', 'Count the jobs of the last hour')
    .action(
      connected(async ({ jobs, output }, options: FilterOptions) => {
        const counts = await jobs.counts(toFilter(options))
        output.value(counts, () => {
          const rows = JOB_STATUSES.map((status) => [{ text: status, colour: STATUS_COLOURS[status] }, counts[status]])
          return output.table([['STATUS', 'JOBS'], ...rows, ['total', counts.total]])
        })
      }),
    )
}
