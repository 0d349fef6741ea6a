import { describe, expect, it } from '@jest/globals'
import * as v from 'valibot'
import { runTimeMs } from '../../../protocol/job/run-time.ts'
import { catalogTasks } from '../../../protocol/job/task-catalog.ts'
import { findLaneProblems, findTaskProblems } from '../../../protocol/job/task-problems.ts'

const run = () => 1

describe('the catalog of tasks', () => {
  it('has what a submit needs of each, with the defaults', () => {
    const tasks = {
      plain: { run },
      full: { run, queue: 'gpu', priority: 'low', timeout: '2m', input: v.string() } as const,
    }
    expect(catalogTasks(tasks)).toEqual({
      plain: { queue: 'default', priority: 'normal', checksInput: false },
      full: { queue: 'gpu', priority: 'low', timeoutMs: 120_000, checksInput: true },
    })
  })
})

describe('the problems of tasks', () => {
  it('are none where all is well', () => {
    const full = {
      ...{ run, queue: 'gpu', priority: 'high', attempts: 100, timeout: '1ms', backoff: { initial: 0, cap: '12h' } },
      ...{ concurrency: { limit: 1, perGroup: 1_000 }, input: v.string(), output: v.number() },
    }
    expect(findTaskProblems({ full, 'with a space': { run } })).toEqual([])
    expect(findTaskProblems({})).toEqual([])
  })

  it.each([
    ['no tasks', undefined, 'It must export an object "tasks"'],
    ['an empty name', { '': { run } }, 'The name "" must have 1 to 128 characters'],
    ['a long name', { ['n'.repeat(129)]: { run } }, 'must have 1 to 128 characters'],
    ['a name that UTF-8 cannot carry', { '\uD800': { run } }, 'The name "\\ud800" must have'],
    ['no task', { a: run }, 'The task "a": it must be an object. Make it with defineTask.'],
    ['no run', { a: {} }, 'The task "a": "run" must be a function.'],
    ['a queue that is no name', { a: { run, queue: 7 } }, '"queue" must be the name of a lane.'],
    [
      'an unknown priority',
      { a: { run, priority: 'urgent' } },
      '"priority" must be one of critical, high, normal, low.',
    ],
    ['too many attempts', { a: { run, attempts: 101 } }, '"attempts" must be a whole number from 1 to 100.'],
    ['no attempts', { a: { run, attempts: 0 } }, '"attempts" must be a whole number from 1 to 100.'],
    ['a timeout that is no duration', { a: { run, timeout: '10 min' } }, '"timeout": "10 min" is not a duration'],
    ['no time', { a: { run, timeout: 0 } }, '"timeout" must be longer than 0.'],
    ['a backoff that is no duration', { a: { run, backoff: { cap: 'ever' } } }, '"backoff.cap": "ever" is not a'],
    ['a limit of nothing', { a: { run, concurrency: { limit: 0 } } }, '"concurrency.limit" is 0.'],
    ['a limit that is no object', { a: { run, concurrency: 5 } }, '"concurrency" must be an object.'],
    ['a schema of no standard', { a: { run, input: {} } }, '"input" must be a schema that speaks Standard Schema.'],
  ])('name %s', (_what, tasks, sentence) => {
    expect(findTaskProblems(tasks)).toEqual([expect.stringContaining(sentence)])
  })

  it('are all named at once', () => {
    expect(findTaskProblems({ a: { timeout: 'x', attempts: 0 }, b: 1 })).toHaveLength(4)
  })
})

describe('the problems of tasks in lanes', () => {
  const runTimes = { default: runTimeMs(60_000), short: runTimeMs(5_000) }
  const problemsOf = (task: object) => findLaneProblems(catalogTasks({ a: { run, ...task } }), runTimes)

  it.each([
    ['of a lane that is not there', { queue: 'gpu' }, 'asks for the queue "gpu", and the lanes are default, short'],
    [
      'that takes too long',
      { timeout: '10m' },
      'has a timeout of 600 s, and the lane "default" gives a run 58 s at most',
    ],
    ['that takes a little too long', { timeout: '58001ms' }, 'has a timeout of 58.001 s'],
    ['that takes too long for a short lane', { queue: 'short', timeout: '4.5s' }, 'gives a run 4 s at most'],
  ])('name a task %s', (_what, task, sentence) => {
    expect(problemsOf(task)).toEqual([expect.stringContaining(sentence)])
  })

  it('are none for a task that uses all its time, or has no timeout of its own', () => {
    expect(problemsOf({ timeout: '58s' })).toEqual([])
    expect(problemsOf({ queue: 'short' })).toEqual([])
  })
})
