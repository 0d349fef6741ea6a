import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import type { CliCommand } from '../../../cli/frame/cli-command.ts'
import { createProgram, withSubcommands } from '../../../cli/frame/program.ts'
import { writeCliReference } from '../../../scripts/cli-reference.ts'

const commands = [...withSubcommands(createProgram())].map((command) => [command.name(), command] as const)

describe('docs/CLI.md', () => {
  it('is up to date with the definitions: `npm run docs` writes it', () => {
    expect(readFileSync('docs/CLI.md', 'utf8')).toBe(writeCliReference())
  })
})

describe.each(commands)('the command %s', (_, command: CliCommand) => {
  it('has a summary, a sentence of description, and an example unless it takes nothing', () => {
    expect(command.summary()).toMatch(/^[a-z].*[^.]$/)
    expect(command.description()).toMatch(/^[A-Z].*\.$/s)
    const takesNothing = command.registeredArguments.length === 0 && command.options.length === 0
    expect(takesNothing || command.examples.length > 0).toBe(true)
  })

  it('has a meaning for each option and argument, and no option of all commands', () => {
    const own = [...command.options, ...command.registeredArguments]
    expect(own.filter(({ description }) => description === '')).toEqual([])
    const shared = createProgram().options.map(({ long }) => long)
    expect(command.options.filter(({ long }) => shared.includes(long))).toEqual([])
  })
})
