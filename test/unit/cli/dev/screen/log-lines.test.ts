import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import { buildSync } from 'esbuild'
import { createLogLines } from '../../../../../cli/dev/screen/log-lines.ts'
import { createStackReader } from '../../../../../cli/dev/screen/read-stack.ts'
import type { LogEntry } from '../../../../../local/context.ts'

const folder = mkdtempSync(join(tmpdir(), 'jobwire-lines-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stacks = createStackReader({ folder, ownFolders: () => [join(folder, 'own')] })
let printed: string[] = []
beforeEach(() => {
  printed = []
})

/** Prints what a function logs: Lambda wraps it. */
function log(
  body: unknown,
  { level = 'info', verbose = false }: { level?: LogEntry['level']; verbose?: boolean } = {},
) {
  const line = { timestamp: '2026-01-01T00:00:00.000Z', level: level.toUpperCase(), requestId: 'r', message: body }
  logText(JSON.stringify(line), level, verbose)
}

function logText(message: string, level: LogEntry['level'] = 'info', verbose = false): void {
  const print = (text: string): void => void printed.push(text)
  createLogLines({ colour: false, verbose, stacks, print })({ source: 'JobsWorker0123ABCD', level, message })
}

const ended = { text: 'A job ended.', jobId: 'j1', task: 'resize', totalMs: 1_234, ranMs: 12 }

describe('the lines of jobwire dev', () => {
  it('are one for a job that succeeded, with its times and its attempts', () => {
    log({ ...ended, status: 'success', attempts: 0 })
    log({ ...ended, status: 'success', attempts: 2 })
    expect(printed).toEqual(['✔ resize  j1  1.2s (ran 12ms)', '✔ resize  j1  1.2s (ran 12ms, 3 attempts)'])
  })

  it('are one for a job that was cancelled before it ran', () => {
    const { ranMs: _never, ...unrun } = ended
    log({ ...unrun, status: 'cancelled', attempts: 0 })
    expect(printed).toEqual(['◼ resize  j1  1.2s'])
  })

  it('have the error of a job that failed, with the places in the sources and without other frames', () => {
    writeFileSync(join(folder, 'tasks.ts'), "type X = string\nexport function run() {\n  throw new Error('no')\n}\n")
    const out = join(folder, 'code/index.js')
    buildSync({ entryPoints: [join(folder, 'tasks.ts')], outfile: out, format: 'cjs', sourcemap: 'linked' })
    const stack = [
      'Error: no',
      `    at run (${out}:${lineOf('throw new Error', out)}:9)`,
      `    at call (${join(folder, 'own/run.js')}:1:1)`,
      `    at dep (${join(folder, 'node_modules/dep/index.js')}:1:1)`,
      '    at process.processTicks (node:internal/process/task_queues:1:1)',
    ].join('\n')
    log({ ...ended, status: 'failed', attempts: 1, code: 'TASK_FAILED', reason: 'no', stack }, { level: 'warn' })
    expect(printed).toEqual([
      '✖ resize  j1  1.2s (ran 12ms)',
      '  TASK_FAILED: no',
      expect.stringMatching(/^ {4}at run \(tasks\.ts:3:\d+\)$/),
    ])
  })

  it('tell of a run that failed and comes again', () => {
    log({
      text: 'A run failed, and the job runs again.',
      jobId: 'j1',
      task: 'flaky',
      attempt: 1,
      code: 'X',
      reason: 'no',
    })
    expect(printed).toEqual(['↻ flaky  j1  attempt 1 failed; the job runs again', '  X: no'])
  })

  it('have whatever tasks and other functions print, and errors of a thrown value', () => {
    log('hello')
    log({ some: 'object' })
    log({ errorType: 'TypeError', errorMessage: 'bad', stackTrace: [] }, { level: 'error' })
    logText('raw text')
    log({ text: 'Half way.', jobId: 'j1', task: 'resize', attempt: 1, data: { step: 2 } })
    expect(printed).toEqual([
      '│ JobsWorker  hello',
      '│ JobsWorker  {"some":"object"}',
      '✖ JobsWorker  TypeError: bad',
      '│ JobsWorker  raw text',
      '│ resize  j1  Half way. {"step":2}',
    ])
  })

  it("leave out Lambda's own lines and quiet lines of the platform, unless they are asked for", () => {
    logText('START RequestId: r', 'debug')
    log({ text: 'A schedule was not run: it is paused or deleted.' })
    expect(printed).toEqual([])
    logText('START RequestId: r', 'debug', true)
    expect(printed).toEqual(['debug JobsWorker0123ABCD  START RequestId: r'])
  })

  it('have warnings of the platform', () => {
    log({ text: 'A push failed.', jobId: 'j1' }, { level: 'error' })
    expect(printed).toEqual(['✖ JobsWorker0123ABCD  A push failed.'])
  })
})

function lineOf(text: string, file: string): number {
  return (
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1
  )
}
