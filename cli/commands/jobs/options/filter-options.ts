import { Option } from 'commander'
import type { CountOptions, JobMetadata } from '@jobwire/sdk'
import type { CliCommand } from '../../../frame/cli-command.ts'
import { collect, metadataPair, parseTime } from '../../../frame/parse-values.ts'

export interface FilterOptions {
  readonly task?: string
  readonly prefix?: string
  readonly tag?: readonly string[]
  readonly metadata?: JobMetadata
  readonly since?: number
  readonly until?: number
  readonly generated?: boolean
}

/** Adds the options that choose jobs, for lists and counts. */
export function addFilterOptions(command: CliCommand): CliCommand {
  const options = [
    new Option('--task <name>', 'only jobs of this task'),
    new Option('--prefix <prefix>', 'only ids that begin with this'),
    new Option('--tag <tag>', 'only jobs with this tag; give it several times for several tags').argParser(collect),
    new Option('--metadata <name=value>', 'only jobs with this fact; give it several times').argParser(metadataPair),
    new Option('--since <time>', 'only jobs submitted then or later: like 2h (ago) or 2026-11-21').argParser(toTime),
    new Option('--until <time>', 'only jobs submitted before then').argParser(toTime),
    new Option('--generated', 'only ids that were made by a client or the platform; fast with --since'),
  ]
  for (const option of options) command.addOption(option.helpGroup('Which jobs:'))
  return command
}

export function toFilter({ task, prefix, tag: tags, metadata, since, until, generated }: FilterOptions): CountOptions {
  return { task, prefix, tags, metadata, since, until, generated }
}

/** Commander gives the earlier value of the option as a second argument, which `parseTime` must not take for the time. */
function toTime(text: string): number {
  return parseTime(text)
}
