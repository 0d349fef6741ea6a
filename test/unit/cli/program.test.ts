import { describe, expect, it } from '@jest/globals'
import { completionModel } from '../../../cli/completion/completion-model.ts'
import { createProgram } from '../../../cli/frame/program.ts'

/** The names of the commands, as the help and the completion have them. */
function shownCommands(inRepository?: boolean) {
  const program = createProgram(inRepository)
  const help = [...program.helpInformation().matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name)
  const inHelp = program.commands.map((command) => command.name()).filter((name) => help.includes(name))
  const completed = completionModel(program).nodes[0]!.subcommands.map(({ word }) => word)
  return { inHelp, completed, callable: program.commands.map((command) => command.name()) }
}

describe('the commands that run the stack of the repository', () => {
  it('are shown in the repository', () => {
    const { inHelp, completed } = shownCommands()
    for (const names of [inHelp, completed]) expect(names).toEqual(expect.arrayContaining(['dev', 'start', 'demo']))
  })

  it('are not shown by the installed package, but still say what to do instead if they are called', () => {
    const { inHelp, completed, callable } = shownCommands(false)
    expect(inHelp).toContain('dev')
    for (const names of [inHelp, completed]) {
      expect(callable.filter((name) => !names.includes(name))).toEqual(['start', 'demo'])
    }
  })
})
