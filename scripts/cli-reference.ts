import { writeFileSync } from 'node:fs'
import type { CliCommand } from '../cli/frame/cli-command.ts'
import { EXIT_CODES } from '../cli/frame/exit-codes.ts'
import { createProgram, globalOptions } from '../cli/frame/program.ts'

const INTRODUCTION = `Written by \`npm run docs\` from the definitions in \`cli/\`; do not edit.

\`npx jobwire <command>\` works with a deployment on AWS or with the local cloud. In this repository it is \`npm run --silent jobwire -- <command>\`. \`jobwire help <command>\` shows what stands below, and \`jobwire completion\` makes the shell complete it. \`start\` and \`demo\` run the stack of this repository, and work only in it.

## The deployment that a command uses

The first of these that is there counts:

1. One of the options \`--url\`, \`--stack\` and \`--profile\`.
2. One of the variables \`JOBWIRE_URL\`, \`JOBWIRE_STACK\` and \`JOBWIRE_PROFILE\`.
3. The profile of \`jobwire profiles use\`.
4. The local cloud of the project: \`jobwire dev\` writes its address and token to \`.jobwire/dev.json\`, and so does \`start\` in this repository.
5. A local cloud on the port 4777 of this machine.

An address needs a token: \`--token\`, \`--token-file\`, \`JOBWIRE_TOKEN\` or \`JOBWIRE_TOKEN_FILE\`. A stack does not: the command reads the outputs \`…RestUrl\` and \`…TokenSecretArn\` with your AWS credentials, signs a token for 15 minutes with that secret, and keeps it in \`~/.cache/jobwire\` until then. This needs \`cloudformation:DescribeStacks\` and \`secretsmanager:GetSecretValue\`. If a stack has several platforms, name one by the prefix of its outputs: \`--stack App/Jobs\`. A token in a variable is used with an address of the command line or of a variable only, and never sent to a stack or a profile that is named by an option.

Profiles are kept in \`~/.config/jobwire/config.json\` (or below \`XDG_CONFIG_HOME\`), readable for you only.

## Output

- Results go to the standard output, and everything else to the standard error. Colours are off where it is no terminal, with \`NO_COLOR\` and with \`--no-color\`.
- With \`--json\` a command prints one JSON value. \`list\`, \`watch\`, \`cancel\`, \`retry\`, \`retry-failed\`, \`delete\`, \`logs\`, \`workers\`, \`schedules list\` and \`webhooks deliveries\` print one value on each line. The fields are those of [PROTOCOL.md](PROTOCOL.md), with times in ISO 8601.
- An error is one line: its code, what is wrong, and what to do. With \`--json\` it is \`{"error": {"code": …, "message": …}}\` on the standard error. \`--verbose\` adds the stacks.
- A time is like \`2h\` (that long ago) or \`2026-11-21T08:00:00Z\`. A duration is like \`250ms\`, \`30s\`, \`2m\`, \`1h\` or \`7d\`.`

/** Writes docs/CLI.md from the definitions of the commands. */
export function writeCliReference(): string {
  const program = createProgram()
  const commands = [...leaves(program)]
  return `${[
    '# The command line',
    INTRODUCTION,
    '## Exit codes',
    table(
      ['Code', 'Meaning'],
      Object.values(EXIT_CODES).map(({ code, meaning }) => [String(code), meaning]),
    ),
    '## Options of every command',
    optionTable(globalOptions()),
    '## Commands',
    table(
      ['Command', 'Purpose'],
      commands.map((command) => [`[${pathOf(command)}](#${anchor(command)})`, command.summary()]),
    ),
    ...commands.map(writeCommand),
  ].join('\n\n')}\n`
}

function* leaves(command: CliCommand): Iterable<CliCommand> {
  for (const subcommand of command.commands as CliCommand[]) {
    if (subcommand.commands.length === 0) yield subcommand
    else yield* leaves(subcommand)
  }
}

function writeCommand(command: CliCommand): string {
  const usage = `jobwire ${pathOf(command)} ${command.usage()}`.replace(' [options]', '')
  const args = command.registeredArguments.map((argument) => [
    `\`${argument.name()}\``,
    sentence(argument.description, argument.argChoices),
  ])
  return [
    `### jobwire ${pathOf(command)}`,
    command.description(),
    `\`\`\`sh\n${[usage, ...command.examples.map(({ line, meaning }) => `\n# ${meaning}\n${line}`)].join('\n')}\n\`\`\``,
    ...(args.length === 0 ? [] : [table(['Argument', 'Meaning'], args)]),
    ...(command.options.length === 0 ? [] : [optionTable(command.options)]),
  ].join('\n\n')
}

interface OptionLike {
  readonly flags: string
  readonly description: string
  readonly argChoices?: readonly string[]
  readonly defaultValue?: unknown
  readonly envVar?: string | undefined
}

function optionTable(options: readonly OptionLike[]): string {
  const rows = options.map(({ flags, description, argChoices, defaultValue, envVar }) => {
    const rest = [
      ...(defaultValue === undefined || typeof defaultValue === 'boolean' ? [] : [`default: ${String(defaultValue)}`]),
      ...(envVar === undefined ? [] : [`variable: \`${envVar}\``]),
    ]
    const text = sentence(description, argChoices)
    return [`\`${flags}\``, rest.length === 0 ? text : `${text} (${rest.join(', ')})`]
  })
  return table(['Option', 'Meaning'], rows)
}

/** Adds the values that are allowed, unless the text has them already. */
function sentence(description: string, choices: readonly string[] | undefined): string {
  const isComplete = choices === undefined || choices.every((choice) => description.includes(choice))
  return isComplete ? description : `${description}: ${choices.join(', ')}`
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n')
}

function pathOf(command: CliCommand): string {
  const parent = command.parent as CliCommand | null
  return parent?.parent == null ? command.name() : `${pathOf(parent)} ${command.name()}`
}

function anchor(command: CliCommand): string {
  return `jobwire-${pathOf(command).replaceAll(' ', '-')}`
}

if (process.argv[2] === '--write') writeFileSync('docs/CLI.md', writeCliReference())
