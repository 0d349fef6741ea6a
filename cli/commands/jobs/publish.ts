import type { Duration, JobMetadata, PublishBody } from '@jobwire/sdk'
import { CliCommand } from '../../frame/cli-command.ts'
import { usageError } from '../../frame/command-error.ts'
import { collect, finiteNumber, metadataPair, durationMs } from '../../frame/parse-values.ts'
import { readJson } from '../../frame/read-json.ts'
import { withoutUndefined } from '../../frame/without-undefined.ts'
import { connected } from '../../frame/session.ts'
import { renderUpdate } from '../../output/job-text.ts'
import { withIsoTimes } from '../../output/time.ts'

interface Options {
  readonly percent?: number
  readonly message?: string
  readonly data?: string
  readonly success?: string | true
  readonly failed?: string
  readonly reason?: string
  readonly retryable?: boolean
  readonly task?: string
  readonly tag?: readonly string[]
  readonly metadata?: JobMetadata
  readonly ttl?: Duration
}

export function publishCommand(): CliCommand {
  return new CliCommand('publish')
    .summary('report the progress or the end of a job that no queue runs')
    .description(
      'Publishes the progress or the end of a job that another program runs. Everyone who watches it sees it.',
    )
    .argument('<id>', 'the id of the job')
    .option('--percent <number>', 'the progress, from 0 to 100', finiteNumber)
    .option('--message <text>', 'the progress in words')
    .option('--data <json>', 'the progress as JSON')
    .option('--success [output]', 'the job has succeeded, with this output as JSON')
    .option('--failed <code>', 'the job has failed with this code')
    .option('--reason <text>', 'the message of the failure')
    .option('--retryable', 'another run of the failed job could succeed')
    .option('--task <name>', 'the name of the task, if this creates the record')
    .option('--tag <tag>', 'a tag, if this creates the record; give it several times', collect)
    .option('--metadata <name=value>', 'a fact about the job, if this creates the record', metadataPair)
    .option('--ttl <duration>', 'the time that the record is kept, if this creates it', durationMs)
    .example('jobwire publish print-17 --percent 40 --message "page 2 of 5"', 'Report progress')
    .example(`jobwire publish print-17 --success '{"pages": 5}'`, 'Report the end')
    .example('jobwire publish print-17 --failed OUT_OF_PAPER --reason "Load tray 2."', 'Report a failure')
    .action(
      connected(async ({ jobs, output }, id: string, options: Options) => {
        const update = await jobs.publish(id, await toBody(options))
        output.value(withIsoTimes(update), () => renderUpdate(output, update))
      }),
    )
}

async function toBody(options: Options): Promise<PublishBody> {
  const { percent, message, task, tag: tags, metadata, ttl } = options
  const data = options.data === undefined ? undefined : await readJson(options.data, '--data')
  const progress = withoutUndefined({ percent, message, data })
  const has = Object.keys(progress).length > 0
  return {
    ...withoutUndefined({ task, tags, metadata, ttl }),
    ...(has ? { progress } : {}),
    ...(await toEnd(options)),
  }
}

async function toEnd({ success, failed: code, reason, retryable }: Options): Promise<object> {
  if (success !== undefined && code !== undefined) throw usageError('Give either --success or --failed.')
  if (code !== undefined) {
    return { status: 'failed', error: withoutUndefined({ code, message: reason ?? code, retryable }) }
  }
  if (reason !== undefined || retryable !== undefined) throw usageError('--reason and --retryable need --failed.')
  if (success === undefined) return {}
  return { status: 'success', ...(success === true ? {} : { output: await readJson(success, '--success') }) }
}
