import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { Change, JobState } from '../../../../lambdas/domain/job/job-state.ts'
import {
  applyCancel,
  applyFailure,
  applyFailedAttempt,
  applyFailureWithoutRun,
  PENDING,
  applyStart,
  applySuccess,
} from '../../../../lambdas/domain/job/job-state.ts'
import { isTerminal } from '../../../../protocol/job/job.ts'

const error = { code: 'TASK_FAILED', message: 'no', retryable: true }
const changes = fc.oneof(
  fc.nat().map(
    (startedAt): Change =>
      (state) =>
        applyStart(state, { startedAt }),
  ),
  fc.record({ output: fc.jsonValue(), startedAt: fc.nat(), finishedAt: fc.nat() }).map(
    (end): Change =>
      (state) =>
        applySuccess(state, { ...end, output: end.output }),
  ),
  fc.nat().map(
    (finishedAt): Change =>
      (state) =>
        applyFailure(state, { error, finishedAt }),
  ),
  fc.nat().map(
    (finishedAt): Change =>
      (state) =>
        applyCancel(state, { finishedAt }),
  ),
  fc.nat().map(
    (finishedAt): Change =>
      (state) =>
        applyFailureWithoutRun(state, { error, finishedAt }),
  ),
  fc.record({ attempt: fc.integer({ min: 1, max: 4 }), dueAt: fc.nat() }).map(
    (failure): Change =>
      (state) =>
        applyFailedAttempt(state, { ...failure, error }),
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

describe('after any sequence of changes to a job', () => {
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

  it('its attempts never become fewer', () => {
    fc.assert(
      fc.property(fc.array(changes), (applied) => {
        const attempts = run(applied).map((state) => state.attempts)
        expect(attempts).toEqual(attempts.toSorted((one, other) => one - other))
      }),
    )
  })

  it('only a success has an output, and only a failure and a job that waits after one have an error', () => {
    fc.assert(
      fc.property(fc.array(changes), (applied) => {
        for (const { status, output, error: failure, dueAt } of run(applied)) {
          expect(output !== undefined).toBe(status === 'success')
          expect(failure !== undefined).toBe(status === 'failed' || dueAt !== undefined)
          expect(dueAt === undefined || status === 'pending').toBe(true)
        }
      }),
    )
  })
})

it('a failure counts as an attempt and a success does not', () => {
  expect(applyFailure(PENDING, { error, finishedAt: 2 })).toMatchObject({ state: { attempts: 1 } })
  expect(applySuccess(PENDING, { output: 1, startedAt: 1, finishedAt: 2 })).toMatchObject({ state: { attempts: 0 } })
})

describe('a second message of a job, which is one attempt behind', () => {
  const waiting = { version: 5, status: 'pending', attempts: 2, error, dueAt: 9 } as const

  it('neither begins a run nor counts a failure', () => {
    expect(applyStart(waiting, { startedAt: 1, attempt: 2 })).toEqual({ ok: false, refusal: 'superseded' })
    expect(applyFailedAttempt(waiting, { attempt: 2, error, dueAt: 1 })).toEqual({ ok: false, refusal: 'superseded' })
  })

  it('may still end the job', () => {
    expect(applySuccess(waiting, { output: 1, startedAt: 1, finishedAt: 2 })).toMatchObject({
      state: { status: 'success' },
    })
  })
})

it('a failure without a run of its own keeps the start that was recorded', () => {
  const running = applyStart(PENDING, { startedAt: 7 })
  if (!running.ok) throw new Error('refused')
  expect(applyFailure(running.state, { error, finishedAt: 9 })).toMatchObject({
    state: { startedAt: 7, finishedAt: 9 },
  })
})
