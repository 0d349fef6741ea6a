import type { JobRecord } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { parseTime } from '../../frame/parse-values.ts'
import { connected } from '../../frame/session.ts'
import { parseJobLine, renderJobLine, type JobLine } from '../../output/log-text.ts'
import { awsPlace, readJobLines } from '../../target/log-groups.ts'

interface Options {
  readonly since?: number
}

/** The clocks of workers and of the logs differ a little, and lines about the end come after it. */
const MARGIN_MS = 60_000

export function logsCommand(): CliCommand {
  return new CliCommand('logs')
    .summary('print the log lines of a job')
    .description(
      'Prints the lines that the task and the platform have logged about a job, from CloudWatch or the local cloud. Console lines of a task count too. On AWS this needs --stack and the permissions logs:DescribeLogGroups and logs:FilterLogEvents.',
    )
    .argument('<id>', 'the id of the job')
    .option('--since <time>', 'only lines from then on (default: from the submit)', (text: string) => parseTime(text))
    .example('jobwire logs order-17', 'What a job has logged')
    .example('jobwire logs order-17 --stack Jobwire --json | jq -r .text', 'From CloudWatch, the texts alone')
    .action(
      connected(async (session, id: string, { since }: Options) => {
        const { output, jobs } = session
        const place = awsPlace(await session.target())
        const job = await jobs.get(id)
        const lines: JobLine[] = []
        for await (const { at, text } of readJobLines(place, id, timeRange(job, since))) {
          const line = parseJobLine(at, text)
          // Another namespace may have a job with the same id.
          if ((line.message['namespace'] ?? job.namespace) === job.namespace) lines.push(line)
        }
        lines.sort((one, other) => one.at.localeCompare(other.at))
        const mostFrames = session.options.verbose === true ? Infinity : undefined
        for (const line of lines) output.line(line, () => renderJobLine(output, line, mostFrames))
        if (lines.length === 0) output.note(`The job ${id} has logged nothing.`)
      }),
    )
}

function timeRange({ createdAt, finishedAt }: JobRecord, since: number | undefined) {
  return {
    startMs: since ?? createdAt - MARGIN_MS,
    endMs: finishedAt === undefined ? undefined : finishedAt + MARGIN_MS,
  }
}
