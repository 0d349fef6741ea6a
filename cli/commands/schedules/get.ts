import type { Schedule } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import type { Output } from '../../output/output.ts'
import { SCHEDULE_HEADINGS, scheduleRow } from '../../output/schedule-text.ts'
import { withIsoTimes } from '../../output/time.ts'

export function getScheduleCommand(): CliCommand {
  return new CliCommand('get')
    .summary('print a schedule')
    .description('Prints a schedule with its last and next run.')
    .argument('<name>', 'the name of the schedule')
    .example('jobwire schedules get nightly --json', 'All fields of a schedule')
    .action(connected(async ({ jobs, output }, name: string) => printSchedule(output, await jobs.schedules.get(name))))
}

export function printSchedule(output: Output, schedule: Schedule): void {
  const render = () => output.table([SCHEDULE_HEADINGS, scheduleRow(schedule, Date.now())])
  output.value(withIsoTimes(schedule), render)
}
