import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { renderTime } from '../../output/time.ts'

interface Options {
  readonly queue?: string
}

export function workersCommand(): CliCommand {
  return new CliCommand('workers')
    .summary('list the workers that run jobs now')
    .description('Lists the workers that run jobs now. One that has had no work for 15 minutes is left out.')
    .option('--queue <lane>', 'only workers of this lane')
    .example('jobwire workers --queue default', 'The workers of one lane')
    .action(
      connected(async ({ jobs, output }, { queue }: Options) => {
        const nowMs = Date.now()
        await output.list(jobs.workers({ queue }), {
          headings: ['ID', 'LANE', 'STARTED', 'SEEN', 'TOOK JOBS', 'JOBS', 'TASKS'],
          row: ({ id, queue: lane, startedAt, lastSeenAt, lastClaimAt, claims, tasks }) => [
            id,
            lane,
            renderTime(startedAt, nowMs),
            renderTime(lastSeenAt, nowMs),
            renderTime(lastClaimAt, nowMs),
            claims,
            tasks.join(', '),
          ],
          none: 'No workers: none has had work for 15 minutes.',
        })
      }),
    )
}
