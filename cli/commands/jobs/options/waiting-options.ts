import { Option } from 'commander'
import { JobwireError, type Duration, type Jobwire } from '@jobwire/sdk'
import type { CliCommand } from '../../../frame/cli-command.ts'
import { CommandError } from '../../../frame/command-error.ts'
import { durationMs } from '../../../frame/parse-values.ts'

export interface WaitingOptions {
  readonly timeout?: Duration
  readonly cancelOnInterrupt?: boolean
}

export function addWaitingOptions(command: CliCommand): CliCommand {
  const options = [
    new Option('--timeout <duration>', 'stop waiting after this time; the job goes on').argParser(durationMs),
    new Option('--cancel-on-interrupt', 'cancel the job if Ctrl-C ends the wait'),
  ]
  for (const option of options) command.addOption(option.helpGroup('Waiting:'))
  return command
}

/** Waits within `--timeout`. At Ctrl-C the job is cancelled, or goes on, as the options say. */
export async function waitInterruptibly<Value>(
  jobs: Jobwire,
  id: string,
  { timeout, cancelOnInterrupt = false }: WaitingOptions,
  wait: (limits: { readonly timeout: Duration | undefined; readonly signal: AbortSignal }) => Promise<Value>,
): Promise<Value> {
  const interrupt = new AbortController()
  const onInterrupt = () => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  try {
    return await wait({ timeout, signal: interrupt.signal })
  } catch (error) {
    if (!interrupt.signal.aborted || !JobwireError.is(error, 'ABORTED')) throw error
    if (!cancelOnInterrupt) throw interrupted(`The job ${id} goes on.`, `Cancel it: jobwire cancel ${id}`)
    const { status } = await jobs.cancel(id, { timeout: '5s' })
    throw interrupted(`The job ${id} is now ${status}.`)
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

function interrupted(message: string, advice?: string): CommandError {
  return new CommandError('interrupted', 'INTERRUPTED', message, advice === undefined ? {} : { advice })
}
