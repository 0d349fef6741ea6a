import { describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { bashCompletion } from '../../../cli/completion/bash.ts'
import { completionModel } from '../../../cli/completion/completion-model.ts'
import { fishCompletion } from '../../../cli/completion/fish.ts'
import { zshCompletion } from '../../../cli/completion/zsh.ts'
import { createProgram } from '../../../cli/frame/program.ts'

const model = completionModel(createProgram())

/** Completes a line as bash does. */
function complete(...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ')
  const script = `${bashCompletion(model)}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _jobwire; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trim().split('\n')
}

describe('bash', () => {
  it('completes commands, subcommands, options and their values', () => {
    expect(complete('jobwire', 'ret')).toEqual(['retry', 'retry-failed'])
    expect(complete('jobwire', '--json', 'schedules', 'p')).toEqual(['pause'])
    expect(complete('jobwire', 'schedules', 'create', 'a', '--cr')).toEqual(['--cron'])
    expect(complete('jobwire', 'run', 'greet', '--priority', 'h')).toEqual(['high'])
    expect(complete('jobwire', 'get', '--js')).toEqual(['--json'])
  })
})

it.each([
  ['zsh', zshCompletion(model)],
  ['fish', fishCompletion(model)],
])('%s gets every command and option', (_, script) => {
  for (const { subcommands } of model.nodes) for (const { word } of subcommands) expect(script).toContain(word)
  for (const { options } of model.nodes) for (const { word } of options) expect(script).toContain(word.slice(2))
})

it('the script for zsh does not hide the words of the line, which zsh gives in `words`', () => {
  expect(zshCompletion(model)).not.toMatch(/local .*\bwords\b/)
})
