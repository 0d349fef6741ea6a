import { Option } from 'commander'
import type { Duration, JobMetadata, Priority, SubmitOptions } from '@jobwire/sdk'
import { PRIORITIES } from '../../../../protocol/job/priority.ts'
import type { CliCommand } from '../../../frame/cli-command.ts'
import { collect, metadataPair, durationMs, wholeNumber } from '../../../frame/parse-values.ts'
import { readJson } from '../../../frame/read-json.ts'
import { withoutUndefined } from '../../../frame/without-undefined.ts'

/** The values of the options of a job, as the command line has them. */
export interface JobOptions {
  readonly priority?: Priority
  readonly attempts?: number
  readonly runTimeout?: Duration
  readonly startWithin?: Duration
  readonly ttl?: Duration
  readonly backoff?: Duration
  readonly backoffCap?: Duration
  readonly group?: string
  readonly tag?: readonly string[]
  readonly metadata?: JobMetadata
  readonly webhook?: string
  readonly webhookData?: string
}

/** The options of one submit, beside those that a schedule has too. */
export interface OneJobOptions extends JobOptions {
  readonly id?: string
  readonly key?: string
  readonly delay?: Duration
  readonly rerun?: boolean
}

/** Adds the options of a job that a schedule has too. */
export function addJobOptions(command: CliCommand): CliCommand {
  const options = [
    new Option('--priority <priority>', 'critical, high, normal or low').choices(PRIORITIES),
    new Option('--attempts <number>', 'the most runs that the job may have').argParser(wholeNumber),
    new Option('--backoff <duration>', 'the longest wait before the second run').argParser(durationMs),
    new Option('--backoff-cap <duration>', 'the longest wait before any run').argParser(durationMs),
    new Option('--run-timeout <duration>', 'the time limit of one run').argParser(durationMs),
    new Option('--start-within <duration>', 'fail the job if it has not started by then').argParser(durationMs),
    new Option('--ttl <duration>', 'the time that the record is kept').argParser(durationMs),
    new Option('--group <name>', 'whose work it is: groups take turns'),
    new Option('--tag <tag>', 'a tag; give it several times for several tags').argParser(collect),
    new Option('--metadata <name=value>', 'a fact about the job; give it several times').argParser(metadataPair),
    new Option('--webhook <url>', 'the address that is called when the job has ended'),
    new Option('--webhook-data <json>', 'JSON that the webhook carries'),
  ]
  for (const option of options) command.addOption(option.helpGroup('Options of the job:'))
  return command
}

/** Adds all options of a job. */
export function addSubmitOptions(command: CliCommand): CliCommand {
  const options = [
    new Option('--id <id>', 'the id of the job; the same id runs nothing twice'),
    new Option('--key <key>', 'an idempotency key in place of an id').conflicts('id'),
    new Option('--rerun', 'run the job of that id or key again if it has failed or was cancelled'),
    new Option('--delay <duration>', 'the time until the first run').argParser(durationMs),
  ]
  for (const option of options) command.addOption(option.helpGroup('Options of the job:'))
  return addJobOptions(command)
}

export async function toSubmitOptions(options: OneJobOptions): Promise<SubmitOptions> {
  const { id, key: idempotencyKey, delay, rerun } = options
  return { ...(await toJobOptions(options)), id, idempotencyKey, delay, rerun }
}

export async function toJobOptions(options: JobOptions): Promise<SubmitOptions> {
  const { priority, attempts, runTimeout, startWithin, ttl, group, tag: tags, metadata } = options
  const { backoff: initial, backoffCap: cap, webhook: url, webhookData } = options
  const data = webhookData === undefined ? {} : { data: await readJson(webhookData, '--webhook-data') }
  return {
    ...{ priority, attempts, runTimeout, startWithin, ttl, group, tags, metadata },
    backoff: initial === undefined && cap === undefined ? undefined : withoutUndefined({ initial, cap }),
    webhook: url === undefined ? undefined : { url, ...data },
  }
}
