import { CliCommand } from '../../frame/cli-command.ts'
import { readJson } from '../../frame/read-json.ts'
import { connected } from '../../frame/session.ts'
import { printResult } from './print-end.ts'
import { addSubmitOptions, toSubmitOptions, type OneJobOptions } from './options/submit-options.ts'
import { addWaitingOptions, type WaitingOptions } from './options/waiting-options.ts'

export function runCommand(): CliCommand {
  return addWaitingOptions(addSubmitOptions(new CliCommand('run')))
    .summary('submit a job, wait for it and print its output')
    .description('Submits a job, waits until it has ended, and prints its output as JSON.')
    .argument('<task>', 'the name of the task')
    .argument('[input]', 'the input: JSON, @file, or - for the standard input')
    .example(`jobwire run greet '{"name": "Ada"}'`, 'Run a task and print its output')
    .example('jobwire run report @report.json --timeout 2m --cancel-on-interrupt', 'Cancel the job on Ctrl-C')
    .action(
      connected(async (session, task: string, input: string | undefined, options: OneJobOptions & WaitingOptions) => {
        const value = input === undefined ? undefined : await readJson(input, 'The input')
        const { id } = await session.jobs.submit(task, value, await toSubmitOptions(options))
        await printResult(session, id, options)
      }),
    )
}
