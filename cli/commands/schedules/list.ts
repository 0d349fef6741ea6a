import type { Schedule } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { connected } from '../../frame/session.ts'
import { SCHEDULE_HEADINGS, scheduleRow } from '../../output/schedule-text.ts'
import { withIsoTimes } from '../../output/time.ts'

export function listSchedulesCommand(): CliCommand {
  return new CliCommand('list')
    .summary('list the schedules')
    .description('Lists all schedules in the order of their names.')
    .example('jobwire schedules list', 'Show what runs next')
    .action(
      connected(async ({ jobs, output }) => {
        const schedules: Schedule[] = []
        for await (const schedule of jobs.schedules.list()) {
          if (output.json) output.line(withIsoTimes(schedule), () => '')
          else schedules.push(schedule)
        }
        if (output.json) return
        if (schedules.length === 0) {
          output.note('No schedules.')
          return
        }
        const rows = schedules.map((schedule) => scheduleRow(schedule, Date.now()))
        output.value(undefined, () => output.table([SCHEDULE_HEADINGS, ...rows]))
      }),
    )
}
