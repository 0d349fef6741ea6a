import { createInterface } from 'node:readline/promises'
import type { JobwireError, SubmitOutcome } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { CommandError, usageError } from '../../frame/command-error.ts'
import { EXIT_CODES } from '../../frame/exit-codes.ts'
import { connected } from '../../frame/session.ts'
import { addFilterOptions, toFilter, type FilterOptions } from './options/filter-options.ts'

interface Options extends FilterOptions {
  readonly code?: string
  readonly all?: boolean
  readonly yes?: boolean
}

/** The most ids that one request takes. */
const IDS_AT_ONCE = 500

export function retryFailedCommand(): CliCommand {
  return addFilterOptions(new CliCommand('retry-failed'))
    .summary('run many failed jobs again')
    .description('Runs failed jobs again: those that pass all of the filters, or all. Asks first, if at a terminal.')
    .option('--code <code>', 'only jobs that failed with this code')
    .option('--all', 'all failed jobs, without a filter')
    .option('-y, --yes', 'do not ask')
    .example('jobwire retry-failed --code ECONNRESET --since 2h', 'Run again what a broken network has stopped')
    .example('jobwire retry-failed --task resize --yes --json', 'In a script: one JSON value for each job')
    .action(
      connected(async ({ jobs, output }, options: Options) => {
        requireFilter(options)
        const ids: string[] = []
        const list = jobs.list({ ...toFilter(options), status: 'failed', code: options.code })
        for await (const { id } of list) ids.push(id)
        if (ids.length === 0) {
          output.note('No failed job passes the filters.')
          return
        }
        if (options.yes !== true) await confirm(`Run ${ids.length} failed ${ids.length === 1 ? 'job' : 'jobs'} again?`)
        let refused = 0
        for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
          for (const outcome of await jobs.retryFailed({ ids: ids.slice(at, at + IDS_AT_ONCE) })) {
            if ('error' in outcome) refused++
            output.line(outcome, () => renderOutcomeOf(outcome))
          }
        }
        output.note(`${ids.length - refused} of ${ids.length} run again.`)
        if (refused > 0) process.exitCode = EXIT_CODES.failed.code
      }),
    )
}

function requireFilter({ all, yes: _yes, ...filters }: Options): void {
  const isFiltered = Object.keys(filters).length > 0
  if (isFiltered && all === true) throw usageError('--all takes no filter: leave one of them out.')
  if (!isFiltered && all !== true) throw usageError('Give a filter, like --code or --since, or --all.')
}

/** Asks at a terminal only, because nobody could answer elsewhere. */
async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question} [y/N] `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new CommandError('interrupted', 'NOT_CONFIRMED', 'Nothing was changed.')
  }
}

function renderOutcomeOf(outcome: SubmitOutcome): string {
  if (!('error' in outcome)) return `${outcome.id}  ${outcome.status}`
  const { code, message }: Pick<JobwireError, 'code' | 'message'> = outcome.error
  return `${outcome.id ?? ''}  ${code}: ${message}`
}
