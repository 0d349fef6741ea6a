import { Option } from 'commander'
import type { JobStatus, ListedJob } from '@jobwire/sdk'
import { JOB_STATUSES } from '../../../protocol/job/job.ts'
import { CliCommand } from '../../frame/cli-command.ts'
import { wholeNumber } from '../../frame/parse-values.ts'
import { connected } from '../../frame/session.ts'
import { renderOutcome, shorten, STATUS_COLOURS } from '../../output/job-text.ts'
import { renderTime } from '../../output/time.ts'
import { addFilterOptions, toFilter, type FilterOptions } from './options/filter-options.ts'
import { parseStatuses } from './options/statuses.ts'

interface Options extends FilterOptions {
  readonly status?: readonly JobStatus[]
  readonly code?: string
  readonly order: 'asc' | 'desc'
  readonly limit: number
  readonly all?: boolean
  readonly include?: 'input' | 'output' | 'both'
}

export function listCommand(): CliCommand {
  return addFilterOptions(new CliCommand('list'))
    .summary('list jobs')
    .description('Lists jobs in the order of their ids, the latest of the generated ids first.')
    .option('--status <statuses>', `only these, with commas between them: ${JOB_STATUSES.join(', ')}`, parseStatuses)
    .option('--code <code>', 'only jobs that failed with this code')
    .addOption(new Option('--order <order>', 'the order of the ids').choices(['asc', 'desc']).default('desc'))
    .option('--limit <number>', 'the most jobs to print', wholeNumber, 50)
    .option('--all', 'print all of them')
    .addOption(new Option('--include <payload>', 'payloads in the JSON').choices(['input', 'output', 'both']))
    .example('jobwire list --status failed --since 2h', 'The failed jobs of the last two hours')
    .example('jobwire list --prefix import-7: --all --json | jq -r .id', 'All ids of an import')
    .action(
      connected(async ({ jobs, output }, options: Options) => {
        const { status, code, order, limit, all = false } = options
        const include = options.include === 'both' ? (['input', 'output'] as const) : options.include
        // One job more than is printed tells whether there are more.
        const more = all ? {} : { limit: limit + 1 }
        const pages = jobs.list({ ...toFilter(options), status, code, order, include, ...more })
        let isCut = false
        async function* upToLimit(): AsyncGenerator<ListedJob> {
          let count = 0
          for await (const job of pages) {
            isCut = !all && count++ === limit
            if (isCut) return
            yield job
          }
        }
        const nowMs = Date.now()
        await output.list(upToLimit(), {
          headings: ['ID', 'TASK', 'STATUS', 'SUBMITTED', 'DETAIL'],
          row: (job) => [
            job.id,
            job.task,
            { text: job.status, colour: STATUS_COLOURS[job.status] },
            renderTime(job.createdAt, nowMs),
            shorten(renderOutcome(job), 60),
          ],
          none: 'No jobs.',
        })
        if (isCut) output.note(`There are more than ${limit}: see --limit and --all.`)
      }),
    )
}
