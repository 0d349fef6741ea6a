import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { createThreadedInputCheck } from '../../../lambdas/entry/parts/input-check.ts'
import { esbuildAliases } from '../../../scripts/package-aliases.js'

const folder = mkdtempSync(join(tmpdir(), 'jobwire-input-check-'))
const threadFile = join(folder, 'input-thread.cjs')
const TASKS = `
import { appendFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(join(folder, 'loads'))}, 'x')
const task = (validate) => ({ run() {}, input: { '~standard': { version: 1, vendor: 'test', validate } } })
const never = new Promise(() => {})
export const tasks = {
  doubles: task((value) => ({ value: value * 2 })),
  late: task(async (value) => (await new Promise((resolve) => setTimeout(resolve, 20)), { value })),
  refuses: task(() => ({ issues: [{ message: 'Too small.', path: ['size'] }] })),
  throws: task(() => { throw new Error('a broken schema') }),
  exits: task(() => process.exit(3)),
  forgets: task(() => { void Promise.reject(new Error('forgotten')); return never }),
  loops: task(() => { for (;;); }),
  hangs: task(() => never),
}
`

describe('inputs that are checked in a thread', () => {
  const log: [string, unknown][] = []
  const check = createThreadedInputCheck({
    threadFile,
    log: (_level, text, fields) => log.push([text, fields?.['error']]),
    maxCheckMs: 1_500,
  })

  beforeAll(() => {
    const tasks = join(folder, 'tasks.ts')
    writeFileSync(tasks, TASKS)
    buildSync({
      entryPoints: ['lambdas/entry/input-thread.ts'],
      outfile: threadFile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
      alias: esbuildAliases(process.cwd(), tasks),
    })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('come back as the schema makes them, each to its own question', async () => {
    const answers = await Promise.all([
      check('late', 1, 'a'),
      check('doubles', 2, 'b'),
      check('refuses', 3, 'jobs.2.input'),
    ])
    expect(answers).toMatchObject([
      { ok: true, value: 1 },
      { ok: true, value: 4 },
      { ok: false, error: { code: 'INPUT_INVALID', path: 'jobs.2.input.size' } },
    ])
    expect(log).toEqual([])
  })

  it('are refused if the schema throws, and the log says why', async () => {
    expect(await check('throws', 1, 'input')).toMatchObject({ error: { code: 'SCHEMA_FAILED', path: 'input' } })
    expect(log.pop()).toEqual(["A task's input schema threw.", 'Error: a broken schema'])
  })

  it.each([
    ['exits', 'The code of the tasks has ended the thread that checks inputs.', undefined],
    ['forgets', 'The code of the tasks failed where inputs are checked.', 'Error: forgotten'],
    ['loops', 'A check of an input of "loops" took more than 1500 ms.', undefined],
    ['hangs', 'A check of an input of "hangs" took more than 1500 ms.', undefined],
  ])('are refused if the schema %s, and the next ones get a new thread', async (task, text, error) => {
    expect(await check(task, 1, 'input')).toMatchObject({ error: { code: 'SCHEMA_FAILED', path: 'input' } })
    expect(log.pop()).toEqual([text, error])
    expect(await check('doubles', 2, 'input')).toEqual({ ok: true, value: 4 })
  })

  it('are refused if there is no thread to start', async () => {
    const missing = createThreadedInputCheck({ threadFile: join(folder, 'none.cjs'), log: () => {} })
    expect(await missing('doubles', 1, 'input')).toMatchObject({ error: { code: 'SCHEMA_FAILED' } })
  })
})
