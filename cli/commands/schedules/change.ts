import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { printSchedule } from './get.ts'

const NAME = 'the name of the schedule'

/** Makes the commands that change a schedule: each takes its name only. */
export function changeScheduleCommands(): CliCommand[] {
  return [pauseCommand(), resumeCommand(), deleteCommand()]
}

function pauseCommand(): CliCommand {
  return new CliCommand('pause')
    .summary('pause a schedule')
    .description('Pauses a schedule: it submits nothing until it is resumed.')
    .argument('<name>', NAME)
    .example('jobwire schedules pause nightly', 'Pause a schedule')
    .action(
      connected(async ({ jobs, output }, name: string) => printSchedule(output, await jobs.schedules.pause(name))),
    )
}

function resumeCommand(): CliCommand {
  return new CliCommand('resume')
    .summary('resume a paused schedule')
    .description('Resumes a paused schedule. Runs that it has missed are not made up for.')
    .argument('<name>', NAME)
    .example('jobwire schedules resume nightly', 'Resume a schedule')
    .action(
      connected(async ({ jobs, output }, name: string) => printSchedule(output, await jobs.schedules.resume(name))),
    )
}

function deleteCommand(): CliCommand {
  return new CliCommand('delete')
    .summary('delete a schedule')
    .description('Deletes a schedule. The jobs that it has submitted go on.')
    .argument('<name>', NAME)
    .example('jobwire schedules delete nightly', 'Delete a schedule')
    .action(
      connected(async ({ jobs, output }, name: string) => {
        await jobs.schedules.delete(name)
        output.value({ name, deleted: true }, () => `${name}  deleted`)
      }),
    )
}
