import { CliCommand } from '../../frame/cli-command.ts'
import { wholeNumber } from '../../frame/parse-values.ts'
import { local } from '../../frame/session.ts'

interface Options {
  readonly appDir: string
  readonly port?: number
  readonly data?: string
  readonly watch: boolean
  readonly allowRealAws?: boolean
}

export function devCommand(): CliCommand {
  return new CliCommand('dev')
    .summary('run your CDK app on this machine')
    .description(
      'Runs the stacks of your CDK app on this machine, and follows its sources: a changed task is live at once, a ' +
        'changed stack after a synthesis in the background. --stack names the stack to run; all run by default.',
    )
    .option('--app-dir <folder>', 'the folder of the CDK app', '.')
    .option('--port <number>', 'the port (default: 4777, or the next free one)', wholeNumber)
    .option('--data <folder>', 'keep queues and tables in this folder across restarts')
    .option('--no-watch', 'do not follow the sources')
    .option('--allow-real-aws', 'let task code reach AWS itself, where it has credentials of its own')
    .example('jobwire dev', 'Run the app of this folder')
    .example('jobwire dev --data .jobwire/data', 'Keep jobs across restarts')
    .action(
      local(async ({ options: global, output }, options: Options) => {
        const { dev } = await import('../../dev/dev.ts')
        const { json = false, verbose = false, namespace = 'default', stack } = global
        const { appDir, port, data, watch, allowRealAws = false } = options
        await dev({
          appDir,
          namespace,
          watch,
          allowRealAws,
          json,
          verbose,
          colour: output.colour,
          ...(port === undefined ? {} : { port }),
          ...(data === undefined ? {} : { dataDir: data }),
          ...(stack === undefined ? {} : { stack }),
        })
      }),
    )
}
