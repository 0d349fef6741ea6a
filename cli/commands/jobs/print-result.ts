import { Option } from 'commander'
import { JobwireError, type Duration, type Job } from '@jobwire/sdk'
import type { CliCommand } from '../../frame/cli-command.ts'
import { CommandError } from '../../frame/command-error.ts'
import { parseDuration } from '../../frame/parse-values.ts'
import type { ClientSession } from '../../frame/session.ts'

export interface WaitingOptions {
  readonly timeout?: Duration
  readonly cancelOnInterrupt?: boolean
}

export function addWaitingOptions(command: CliCommand): CliCommand {
  const options = [
    new Option('--timeout <duration>', 'stop waiting after this time; the job goes on').argParser(parseDuration),
    new Option('--cancel-on-interrupt', 'cancel the job if Ctrl-C ends the wait'),
  ]
  for (const option of options) command.addOption(option.helpGroup('Waiting:'))
  return command
}

/** Waits for the output of a job and prints it. At Ctrl-C the job is cancelled, or goes on, as the options say. */
export async function printResult(
  { jobs, output }: ClientSession,
  job: Pick<Job, 'id' | 'result'>,
  { timeout, cancelOnInterrupt = false }: WaitingOptions,
): Promise<void> {
  const interrupt = new AbortController()
  const onInterrupt = () => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  try {
    const value = await job.result({ timeout, signal: interrupt.signal })
    output.value(value, () => JSON.stringify(value ?? null, null, 2))
  } catch (error) {
    if (!interrupt.signal.aborted || !JobwireError.is(error, 'ABORTED')) throw error
    if (!cancelOnInterrupt) throw interrupted(`The job ${job.id} goes on.`, `Cancel it: jobwire cancel ${job.id}`)
    const { status } = await jobs.cancel(job.id, { timeout: '5s' })
    throw interrupted(`The job ${job.id} is now ${status}.`)
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

function interrupted(message: string, advice?: string): CommandError {
  return new CommandError('interrupted', 'INTERRUPTED', message, advice === undefined ? {} : { advice })
}
