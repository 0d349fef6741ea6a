import { CliCommand } from '../../frame/cli-command.ts'
import { changeScheduleCommands } from './change.ts'
import { createScheduleCommand } from './create.ts'
import { getScheduleCommand } from './get.ts'
import { listSchedulesCommand } from './list.ts'

export function schedulesCommand(): CliCommand {
  const command = new CliCommand('schedules').summary('manage schedules').description('Manages schedules.')
  const subcommands = [
    listSchedulesCommand(),
    getScheduleCommand(),
    createScheduleCommand(),
    ...changeScheduleCommands(),
  ]
  for (const subcommand of subcommands) command.addCommand(subcommand)
  return command
}
