import { CliCommand } from '../../frame/cli-command.ts'
import { connected, type ClientSession } from '../../frame/session.ts'
import { renderRecord } from '../../output/job-text.ts'
import { withIsoTimes } from '../../output/time.ts'

export function getCommand(): CliCommand {
  return new CliCommand('get')
    .summary('print the record of a job')
    .description('Prints all that the platform keeps of a job.')
    .argument('<id>', 'the id of the job')
    .example('jobwire get order-17', 'Show a job')
    .example('jobwire get order-17 --json | jq .status', 'Read one field in a script')
    .action(connected((session, id: string) => printRecord(session, id)))
}

export async function printRecord({ jobs, output }: ClientSession, id: string): Promise<void> {
  const job = await jobs.get(id)
  output.value(withIsoTimes(job), () => renderRecord(output, job, Date.now()))
}
