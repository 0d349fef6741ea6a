import type { Jobwire, JobStatus, JobUpdate } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { usageError } from '../../frame/command-error.ts'
import { EXIT_CODES } from '../../frame/exit-codes.ts'
import { connected } from '../../frame/session.ts'
import { renderUpdate } from '../../output/job-text.ts'
import { withIsoTimes } from '../../output/time.ts'
import { parseStatuses } from './options/statuses.ts'
import { watchByStatus } from './watch-by-status.ts'

interface Options {
  readonly prefix?: string
  readonly status?: readonly JobStatus[]
}

export function watchCommand(): CliCommand {
  return new CliCommand('watch')
    .summary('print every change of jobs, live')
    .description(
      'Prints every change of jobs as it happens, the present state first. Ends when all of them have ended, with 1 if one has failed. With --status, goes on until Ctrl-C.',
    )
    .argument('[ids...]', 'the ids of the jobs')
    .option('--prefix <prefix>', 'the jobs whose ids begin with this, those that come later included')
    .option('--status <statuses>', 'the jobs that have one of these statuses now or later', parseStatuses)
    .example('jobwire watch order-17 order-18', 'Watch two jobs until both have ended')
    .example('jobwire watch --prefix import-7: --json', 'Watch an import, one JSON value for each change')
    .example('jobwire watch --status running', 'Watch all that runs, until Ctrl-C')
    .action(
      connected(async ({ jobs, output }, ids: readonly string[], options: Options) => {
        for await (const update of openUpdates(jobs, ids, options)) {
          output.line(withIsoTimes(update), () => renderUpdate(output, update))
          const failed = update.status === 'failed' || update.status === 'cancelled'
          if (failed && options.status === undefined) process.exitCode = EXIT_CODES.failed.code
        }
      }),
    )
}

function openUpdates(jobs: Jobwire, ids: readonly string[], { prefix, status }: Options): AsyncIterable<JobUpdate> {
  const given = [ids.length > 0, prefix !== undefined, status !== undefined].filter(Boolean)
  if (given.length !== 1) throw usageError('Give either ids, or --prefix, or --status.')
  if (status !== undefined) return watchByStatus(jobs, status)
  return jobs.watch(prefix === undefined ? ids : { prefix })
}
