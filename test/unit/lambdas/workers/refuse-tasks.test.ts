import { describe, expect, it } from '@jest/globals'
import { refuseTasks } from '../../../../lambdas/domain/workers/refuse-tasks.ts'

describe('a worker whose lane is too short for a task', () => {
  const tasks = {
    short: { run: () => 'short', timeout: '8s' },
    long: { run: () => 'long', timeout: '10m' },
    elsewhere: { run: () => 'elsewhere', queue: 'heavy', timeout: '10m' },
  } as const

  it('fails the jobs of that task with the reason, logs it, and runs the others', () => {
    const lines: unknown[] = []
    const refused = refuseTasks(tasks, 'default', 8_000, (level, text, fields) => lines.push([level, text, fields]))
    const run = (name: string): unknown => refused[name]!.run(null, {} as never)
    const reason =
      'The task "long" has a timeout of 600 s, and the lane "default" gives a run 8 s at most. ' +
      'Shorten it, or raise the setting "lanes.default.timeout".'
    expect(() => run('long')).toThrow(
      expect.objectContaining({ message: reason, code: 'TIMEOUT_TOO_LONG', retryable: false }),
    )
    expect(lines).toEqual([['error', reason, { task: 'long' }]])
    expect(run('short')).toBe('short')
    // Its job came into this lane before the task moved.
    expect(run('elsewhere')).toBe('elsewhere')
  })
})
