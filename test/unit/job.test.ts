import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { Change, JobState } from '../../lambdas/domain/job.ts'
import { cancel, fail, PENDING, start, succeed } from '../../lambdas/domain/job.ts'
import { isTerminal } from '../../protocol/job.ts'

const error = { code: 'TASK_FAILED', message: 'no', retryable: true }
const changes = fc.oneof(
  fc.nat().map(
    (startedAt): Change =>
      (state) =>
        start(state, { startedAt }),
  ),
  fc.record({ output: fc.jsonValue(), startedAt: fc.nat(), finishedAt: fc.nat() }).map(
    (end): Change =>
      (state) =>
        succeed(state, { ...end, output: end.output }),
  ),
  fc.nat().map(
    (finishedAt): Change =>
      (state) =>
        fail(state, { error, finishedAt }),
  ),
  fc.nat().map(
    (finishedAt): Change =>
      (state) =>
        cancel(state, { finishedAt }),
  ),
)

function run(applied: readonly Change[]): JobState[] {
  const states = [PENDING]
  for (const change of applied) {
    const transition = change(states.at(-1)!)
    if (transition.ok) states.push(transition.state)
  }
  return states
}

describe('whatever is asked of a job', () => {
  it('its versions grow by one with every change', () => {
    fc.assert(
      fc.property(fc.array(changes), (applied) => {
        expect(run(applied).map(({ version }) => version)).toEqual(run(applied).map((_, index) => index + 1))
      }),
    )
  })

  it('its terminal state never changes (I2)', () => {
    fc.assert(
      fc.property(fc.array(changes), (applied) => {
        const states = run(applied)
        const end = states.findIndex(({ status }) => isTerminal(status))
        expect(end === -1 || end === states.length - 1).toBe(true)
      }),
    )
  })

  it('only a success has an output, and only a failure an error', () => {
    fc.assert(
      fc.property(fc.array(changes), (applied) => {
        for (const { status, output, error: failure } of run(applied)) {
          expect(output !== undefined).toBe(status === 'success')
          expect(failure !== undefined).toBe(status === 'failed')
        }
      }),
    )
  })
})

it('a failure counts as an attempt and a success does not', () => {
  expect(fail(PENDING, { error, finishedAt: 2 })).toMatchObject({ state: { attempts: 1 } })
  expect(succeed(PENDING, { output: 1, startedAt: 1, finishedAt: 2 })).toMatchObject({ state: { attempts: 0 } })
})

it('a failure without a run of its own keeps the start that was recorded', () => {
  const running = start(PENDING, { startedAt: 7 })
  if (!running.ok) throw new Error('refused')
  expect(fail(running.state, { error, finishedAt: 9 })).toMatchObject({ state: { startedAt: 7, finishedAt: 9 } })
})
