import type { ListedJob } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { wholeNumber } from '../../frame/parse-values.ts'
import { connected } from '../../frame/session.ts'
import { shorten } from '../../output/job-text.ts'
import { renderTime, withIsoTimes } from '../../output/time.ts'
import { addFilterOptions, toFilter, type FilterOptions } from './options/filter-options.ts'

interface Options extends FilterOptions {
  readonly limit: number
}

/** The failed jobs of one task with one code. */
export interface FailureGroup {
  readonly code: string
  readonly task: string
  readonly count: number
  /** The latest end of these jobs, in epoch milliseconds, with the job and its message. */
  readonly lastAt: number
  readonly id: string
  readonly message: string
}

export function failuresCommand(): CliCommand {
  return addFilterOptions(new CliCommand('failures'))
    .summary('count the failed jobs by code and task')
    .description('Counts the failed jobs by error code and task, each with its latest job and message.')
    .option('--limit <number>', 'the most failed jobs to read', wholeNumber, 10_000)
    .example('jobwire failures --since 24h', 'What has failed since yesterday')
    .action(
      connected(async ({ jobs, output }, options: Options) => {
        const failed: ListedJob[] = []
        const list = jobs.list({ ...toFilter(options), status: 'failed', limit: options.limit })
        for await (const job of list) failed.push(job)
        const groups = groupFailures(failed)
        output.value(groups.map(withIsoTimes), () => {
          if (groups.length === 0) return 'No job has failed.'
          const nowMs = Date.now()
          const rows = groups.map(({ code, task, count, lastAt, id, message }) => [
            { text: code, colour: 'red' as const },
            task,
            count,
            renderTime(lastAt, nowMs),
            id,
            shorten(message, 60),
          ])
          return output.table([['CODE', 'TASK', 'JOBS', 'LATEST', 'ID', 'MESSAGE'], ...rows])
        })
        if (failed.length === options.limit) output.note(`Only ${options.limit} failed jobs were read: see --limit.`)
      }),
    )
}

/** Groups failed jobs, the largest group first. */
export function groupFailures(jobs: readonly ListedJob[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>()
  for (const { id, task, error, finishedAt: lastAt = 0 } of jobs) {
    if (error === undefined) continue
    const { code, message } = error
    const key = JSON.stringify([code, task])
    const before = groups.get(key)
    const count = (before?.count ?? 0) + 1
    const isLatest = before === undefined || lastAt > before.lastAt
    groups.set(key, isLatest ? { code, task, count, lastAt, id, message } : { ...before, count })
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.lastAt - a.lastAt)
}
