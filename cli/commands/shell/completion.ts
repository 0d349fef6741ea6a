import { Argument } from 'commander'
import { CliCommand } from '../../frame/cli-command.ts'
import { bashCompletion } from '../../completion/bash.ts'
import { completionModel, type CompletionModel } from '../../completion/completion-model.ts'
import { fishCompletion } from '../../completion/fish.ts'
import { zshCompletion } from '../../completion/zsh.ts'

type Shell = 'bash' | 'zsh' | 'fish'

const SCRIPTS: Readonly<Record<Shell, (model: CompletionModel) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

export function completionCommand(): CliCommand {
  const command = new CliCommand('completion')
  return command
    .summary('print a completion script for a shell')
    .description('Prints a script with which the shell completes commands and options.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .example('eval "$(jobwire completion bash)"', 'In ~/.bashrc, and likewise in ~/.zshrc')
    .example('jobwire completion fish > ~/.config/fish/completions/jobwire.fish', 'For fish')
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell](completionModel(command.parent as CliCommand)))
    })
}
