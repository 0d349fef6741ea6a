import { Option } from 'commander'
import { initCommand } from '../commands/laptop/init.ts'
import { devCommand } from '../commands/laptop/dev.ts'
import { demoCommand } from '../commands/laptop/demo.ts'
import { submitCommand } from '../commands/jobs/submit.ts'
import { runCommand } from '../commands/jobs/run.ts'
import { getCommand } from '../commands/jobs/get.ts'
import { resultCommand } from '../commands/jobs/result.ts'
import { listCommand } from '../commands/jobs/list.ts'
import { watchCommand } from '../commands/jobs/watch.ts'
import { countsCommand } from '../commands/jobs/counts.ts'
import { failuresCommand } from '../commands/jobs/failures.ts'
import { cancelCommand } from '../commands/jobs/cancel.ts'
import { retryCommand } from '../commands/jobs/retry.ts'
import { retryFailedCommand } from '../commands/jobs/retry-failed.ts'
import { deleteCommand } from '../commands/jobs/delete.ts'
import { logsCommand } from '../commands/jobs/logs.ts'
import { publishCommand } from '../commands/jobs/publish.ts'
import { startCommand } from '../commands/laptop/start.ts'
import { tokenCommand } from '../commands/deployment/token.ts'
import { doctorCommand } from '../commands/deployment/doctor.ts'
import { profilesCommand } from '../commands/deployment/profiles.ts'
import { workersCommand } from '../commands/deployment/workers.ts'
import { schedulesCommand } from '../commands/schedules/schedules.ts'
import { completionCommand } from '../commands/shell/completion.ts'
import { webhooksCommand } from '../commands/webhooks/webhooks.ts'
import { isInRepository } from '../in-repository.ts'
import { CliCommand } from './cli-command.ts'

/** The commands, in the order of the help. Each has a file of its own in `cli/commands`. */
const GROUPS: Readonly<Record<string, readonly (() => CliCommand)[]>> = {
  'Jobs:': [
    submitCommand,
    runCommand,
    getCommand,
    resultCommand,
    listCommand,
    watchCommand,
    countsCommand,
    failuresCommand,
    cancelCommand,
    retryCommand,
    retryFailedCommand,
    deleteCommand,
    publishCommand,
    logsCommand,
  ],
  'Deployment:': [schedulesCommand, workersCommand, webhooksCommand, tokenCommand, profilesCommand, doctorCommand],
  'On this machine:': [initCommand, devCommand, startCommand, demoCommand, completionCommand],
}

/** Commands that run the stack of the repository. The help of the installed package leaves them out. */
const OF_THE_REPOSITORY = [startCommand, demoCommand]

/** Makes the whole command line. Nothing that a command needs is loaded before the command runs. */
export function createProgram(inRepository = isInRepository()): CliCommand {
  const program = new CliCommand('jobwire')
    .description('Submits jobs to a Jobwire deployment and looks after them, on AWS or on this machine.')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError()
  for (const option of globalOptions()) program.addOption(option)
  for (const [heading, commands] of Object.entries(GROUPS)) {
    for (const makeCommand of commands) {
      const hidden = !inRepository && OF_THE_REPOSITORY.includes(makeCommand)
      program.addCommand(makeCommand().helpGroup(heading), { hidden })
    }
  }
  for (const command of withSubcommands(program)) command.copyInheritedSettings(program)
  return program
}

/** The options that every command takes, before or after its name. */
export function globalOptions(): Option[] {
  const output = [
    new Option('--json', 'print JSON: one value, or one value for each line of a stream'),
    new Option('--verbose', 'print the stacks of errors, and more of what happens'),
    new Option('--no-color', 'print no colours (also by the variable NO_COLOR)'),
  ].map((option) => option.helpGroup('Output:'))
  const target = [
    new Option('--profile <name>', 'use this profile of `jobwire profiles`').env('JOBWIRE_PROFILE'),
    new Option('--url <url>', 'use the deployment with this REST address').env('JOBWIRE_URL'),
    new Option('--token <token>', 'use this token').env('JOBWIRE_TOKEN'),
    new Option('--token-file <file>', 'use the token in this file').env('JOBWIRE_TOKEN_FILE'),
    new Option('--stack <name>', 'find the address and the token by this CloudFormation stack').env('JOBWIRE_STACK'),
    new Option('--region <region>', 'the AWS region of the stack'),
    new Option('--endpoint-url <url>', 'the address of an AWS emulator'),
    new Option('--namespace <name>', 'the namespace of tokens that are signed with the secret of the deployment'),
  ].map((option) => option.helpGroup('Deployment to use:'))
  return [...output, ...target]
}

export function* withSubcommands(command: CliCommand): Iterable<CliCommand> {
  for (const subcommand of command.commands as CliCommand[]) {
    yield subcommand
    yield* withSubcommands(subcommand)
  }
}
