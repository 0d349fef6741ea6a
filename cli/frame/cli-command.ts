import { Command } from 'commander'

export interface Example {
  readonly line: string
  readonly meaning: string
}

/** A command with examples, which its help and docs/CLI.md show. */
export class CliCommand extends Command {
  readonly examples: Example[] = []

  constructor(name: string) {
    super(name)
    this.addHelpText('after', () => this.#renderExamples())
  }

  example(line: string, meaning: string): this {
    this.examples.push({ line, meaning })
    return this
  }

  #renderExamples(): string {
    if (this.examples.length === 0) return ''
    return `\nExamples:\n${this.examples.map(({ line, meaning }) => `  # ${meaning}\n  ${line}`).join('\n')}`
  }
}
