import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { labelLines } from '../../../../lambdas/entry/parts/job-console.ts'
import type { TaskContext, TaskMap } from '../../../../protocol/job/task.ts'

const before = { ...console }
let lines: unknown[][] = []

beforeAll(() => {
  console.log = (...values: unknown[]) => void lines.push(values)
  console.error = (...values: unknown[]) => void lines.push(values)
})
afterAll(() => {
  Object.assign(console, before)
})

async function linesOf(print: () => void): Promise<unknown[][]> {
  lines = []
  const { print: task } = labelLines({ print: { run: print } } satisfies TaskMap)
  await task!.run(undefined, { jobId: 'job-1', namespace: 'acme', attempt: 2 } as TaskContext)
  return lines
}

const JOB = { jobId: 'job-1', namespace: 'acme', task: 'print', attempt: 2 }

it('a text is kept, with the values beside it', async () => {
  expect(await linesOf(() => console.log('page %d of', 2, { pages: 5 }))).toEqual([
    [{ text: 'page 2 of { pages: 5 }', ...JOB }],
  ])
})

it('the fields of an object stay fields, and cannot name another job', async () => {
  const fields = { page: 2, task: 'mine', jobId: 'job-2' }
  expect(await linesOf(() => console.log(fields))).toEqual([[{ ...JOB, page: 2, task: 'mine' }]])
})

it('an error keeps its stack', async () => {
  const [[line]] = (await linesOf(() => console.error(new TypeError('Tray 2')))) as [[object]]
  expect(line).toMatchObject({
    text: 'Tray 2',
    error: 'TypeError: Tray 2',
    stack: expect.stringContaining('at '),
    ...JOB,
  })
})

it('jobs that run side by side keep their own ids, and other lines have none', async () => {
  lines = []
  const run = async () => {
    await nextTurn()
    console.log('late')
  }
  const { print } = labelLines({ print: { run } } satisfies TaskMap)
  const contexts = ['a', 'b'].map((jobId) => ({ jobId, namespace: 'acme', attempt: 1 }) as TaskContext)
  await Promise.all(contexts.map((context) => print!.run(undefined, context)))
  console.log('outside')
  expect(lines).toMatchObject([[{ text: 'late', jobId: 'a' }], [{ text: 'late', jobId: 'b' }], ['outside']])
})
