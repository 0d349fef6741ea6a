import { CliCommand } from '../../frame/cli-command.ts'
import { readJson } from '../../frame/read-json.ts'
import { connected } from '../../frame/session.ts'
import { addWaitingOptions, type WaitingOptions } from './options/waiting-options.ts'
import { printEnd } from './print-end.ts'
import { addSubmitOptions, toSubmitOptions, type OneJobOptions } from './options/submit-options.ts'

interface Options extends OneJobOptions, WaitingOptions {
  readonly wait?: boolean
}

export function submitCommand(): CliCommand {
  return addWaitingOptions(addSubmitOptions(new CliCommand('submit')))
    .summary('submit a job and print its id')
    .description(
      'Submits a job and prints its id as soon as the job is stored. With --wait, prints its record at the end.',
    )
    .argument('<task>', 'the name of the task')
    .argument('[input]', 'the input: JSON, @file, or - for the standard input')
    .option('--wait', 'wait until the job has ended, and print its record')
    .example(`jobwire submit resize '{"key": "a.png"}' --priority high --attempts 3`, 'Submit a job')
    .example('jobwire submit report @report.json --key 2026-11 --delay 10m --tag nightly', 'Submit it once, for later')
    .example(`jobwire submit resize '{"key": "a.png"}' --wait --json`, 'Wait for the end, and print the record')
    .action(
      connected(async (session, task: string, input: string | undefined, options: Options) => {
        const value = input === undefined ? undefined : await readJson(input, 'The input')
        const job = await session.jobs.submit(task, value, await toSubmitOptions(options))
        if (options.wait === true) await printEnd(session, job, options)
        else session.output.value({ id: job.id, status: job.status }, () => job.id)
      }),
    )
}
