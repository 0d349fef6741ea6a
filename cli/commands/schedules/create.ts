import type { Duration, NewSchedule } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { usageError } from '../../frame/command-error.ts'
import { durationMs } from '../../frame/parse-values.ts'
import { readJson } from '../../frame/read-json.ts'
import { connected } from '../../frame/session.ts'
import { addJobOptions, toJobOptions, type JobOptions } from '../jobs/options/submit-options.ts'
import { printSchedule } from './get.ts'

interface Options extends JobOptions {
  readonly cron?: string
  readonly timezone?: string
  readonly every?: Duration
  readonly paused?: boolean
}

export function createScheduleCommand(): CliCommand {
  return addJobOptions(new CliCommand('create'))
    .summary('create a schedule')
    .description('Creates a schedule, which submits a task again and again. The same schedule again changes nothing.')
    .argument('<name>', 'the name of the schedule')
    .argument('<task>', 'the name of the task')
    .argument('[input]', 'the input: JSON, @file, or - for the standard input')
    .option('--cron <expression>', 'the times: minute, hour, day, month, day of the week, year')
    .option('--timezone <zone>', 'the time zone of --cron, like Europe/Berlin (default: UTC)')
    .option('--every <duration>', 'a pause of whole minutes between the runs', durationMs)
    .option('--paused', 'create it paused')
    .example(`jobwire schedules create nightly report --cron '0 3 * * ? *' --timezone Europe/Berlin`, 'Every night')
    .example(`jobwire schedules create sweep sweep --every 15m --attempts 3`, 'Every quarter of an hour')
    .action(
      connected(async ({ jobs, output }, name: string, task: string, input: string | undefined, options: Options) => {
        const value = input === undefined ? {} : { input: await readJson(input, 'The input') }
        const paused = options.paused === undefined ? {} : { paused: options.paused }
        const schedule = { ...(await toJobOptions(options)), ...timing(options), ...paused, ...value, name, task }
        printSchedule(output, await jobs.schedules.create(schedule as NewSchedule))
      }),
    )
}

function timing({ cron, timezone, every }: Options): object {
  if ((cron === undefined) === (every === undefined)) throw usageError('Give either --cron or --every.')
  if (every !== undefined && timezone !== undefined) throw usageError('--timezone needs --cron.')
  return { ...(cron === undefined ? { every } : { cron }), ...(timezone === undefined ? {} : { timezone }) }
}
