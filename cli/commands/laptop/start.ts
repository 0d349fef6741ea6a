import type { LogEntry } from '../../../local/context.ts'
import { CliCommand } from '../../frame/cli-command.ts'
import { wholeNumber } from '../../frame/parse-values.ts'
import { local } from '../../frame/session.ts'

interface Options {
  readonly port?: number
  readonly data?: string
  readonly dynamodbEndpoint?: string
}

export function startCommand(): CliCommand {
  return new CliCommand('start')
    .summary('keep a local cloud running')
    .description('Keeps a local cloud running, with the tasks of JOBWIRE_TASKS_PATH (tasks/index.ts), until Ctrl-C.')
    .option('--port <number>', 'the port (default: 4777, or the next free one)', wholeNumber)
    .option('--data <folder>', 'keep queues and tables in this folder across restarts')
    .option('--dynamodb-endpoint <url>', 'use this DynamoDB endpoint instead of Dynoxide')
    .example('jobwire start --data .jobwire/data', 'Keep jobs across restarts')
    .action(
      local(async ({ options: global, output }, options: Options) => {
        const { start } = await import('../../start.ts')
        const { json = false, verbose = false, namespace = 'default' } = global
        const { port, data, dynamodbEndpoint } = options
        await start({
          ...(port === undefined ? {} : { port }),
          ...(data === undefined ? {} : { dataDir: data }),
          ...(dynamodbEndpoint === undefined ? {} : { dynamodbEndpoint }),
          namespace,
          json,
          colour: output.colour,
          log: verbose ? printEntry : printWarning,
        })
      }),
    )
}

function printEntry({ level, source, message }: LogEntry): void {
  process.stderr.write(`${level.padEnd(5)} ${source}: ${message}\n`)
}

function printWarning(entry: LogEntry): void {
  if (entry.level === 'warn' || entry.level === 'error') printEntry(entry)
}
