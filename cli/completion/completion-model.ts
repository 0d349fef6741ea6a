import type { CliCommand } from '../frame/cli-command.ts'

export interface CompletionWord {
  readonly word: string
  readonly meaning: string
}

/** The words that may follow a command, which is named by its path, like `schedules create`. */
export interface CompletionNode {
  readonly path: string
  readonly subcommands: readonly CompletionWord[]
  readonly options: readonly CompletionWord[]
}

/** The values of an option that has only a few. */
export interface CompletionChoices {
  readonly flag: string
  readonly values: readonly string[]
}

export interface CompletionModel {
  readonly nodes: readonly CompletionNode[]
  readonly choices: readonly CompletionChoices[]
}

/** Describes a whole command line for the scripts of the shells. */
export function completionModel(program: CliCommand): CompletionModel {
  const shared = optionWords(program)
  const nodes: CompletionNode[] = []
  const choices = new Map<string, readonly string[]>()
  const visit = (command: CliCommand, path: string): void => {
    const visible = command.createHelp().visibleCommands(command)
    // The help has a command of its own.
    const subcommands = (command.commands as CliCommand[]).filter((each) => visible.includes(each))
    nodes.push({
      path,
      subcommands: subcommands.map((each) => ({ word: each.name(), meaning: each.summary() || each.description() })),
      options: command === program ? shared : [...optionWords(command), ...shared],
    })
    for (const { long, argChoices } of command.options) {
      if (long !== undefined && long !== null && argChoices !== undefined) choices.set(long, argChoices)
    }
    for (const each of subcommands) visit(each, path === '' ? each.name() : `${path} ${each.name()}`)
  }
  visit(program, '')
  return { nodes, choices: [...choices].map(([flag, values]) => ({ flag, values })) }
}

function optionWords(command: CliCommand): CompletionWord[] {
  const help = { word: '--help', meaning: 'show the help' }
  const own = command.options.flatMap(({ long, description, hidden }) =>
    long === undefined || long === null || hidden ? [] : [{ word: long, meaning: description }],
  )
  return command.parent === null ? [...own, help] : own
}
