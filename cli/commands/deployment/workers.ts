import type { WorkerInfo } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { renderTime, withIsoTimes } from '../../output/time.ts'

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
        const workers: WorkerInfo[] = []
        for await (const worker of jobs.workers({ queue })) {
          if (output.json) output.line(withIsoTimes(worker), () => '')
          else workers.push(worker)
        }
        if (output.json) return
        if (workers.length === 0) {
          output.note('No workers: none has had work for 15 minutes.')
          return
        }
        const nowMs = Date.now()
        const rows = workers.map(({ id, queue: lane, startedAt, lastSeenAt, lastClaimAt, claims, tasks }) => [
          id,
          lane,
          renderTime(startedAt, nowMs),
          renderTime(lastSeenAt, nowMs),
          renderTime(lastClaimAt, nowMs),
          claims,
          tasks.join(', '),
        ])
        const headings = ['ID', 'LANE', 'STARTED', 'SEEN', 'TOOK JOBS', 'JOBS', 'TASKS']
        output.value(undefined, () => output.table([headings, ...rows]))
      }),
    )
}
