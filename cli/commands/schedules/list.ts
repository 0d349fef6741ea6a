import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { SCHEDULE_HEADINGS, scheduleRow } from '../../output/schedule-text.ts'

export function listSchedulesCommand(): CliCommand {
  return new CliCommand('list')
    .summary('list the schedules')
    .description('Lists all schedules in the order of their names.')
    .example('jobwire schedules list', 'Show what runs next')
    .action(
      connected(async ({ jobs, output }) => {
        await output.list(jobs.schedules.list(), {
          headings: SCHEDULE_HEADINGS,
          row: (schedule) => scheduleRow(schedule, Date.now()),
          none: 'No schedules.',
        })
      }),
    )
}
