import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { Change, JobState } from '../../../../lambdas/domain/job/job-state.ts'
import {
  awaitRescue,
  applyCancel,
  applyFailure,
  applyFailedAttempt,
  applyFailureWithoutRun,
  isOvertaken,
  PENDING,
  applyStart,
  applySuccess,
  unlessRunAfter,
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

describe('a change of a run that another one has overtaken (I10)', () => {
  const ours = { run: { no: 1, message: 'm' }, startedAt: 5 } as const
  const end = { output: 1, finishedAt: 9 }
  const changesOfRun = {
    start: (state: JobState) => applyStart(state, { ...ours, attempt: state.attempts + 1 }),
    succeed: (state: JobState) => applySuccess(state, { ...ours, ...end }),
    failAttempt: (state: JobState) =>
      applyFailedAttempt(state, { ...ours, attempt: state.attempts + 1, error, dueAt: 9 }),
    fail: (state: JobState) => applyFailure(state, { ...ours, error, finishedAt: 9 }),
    applyFailureWithoutRun: (state: JobState) =>
      unlessRunAfter(1, (same) => applyFailureWithoutRun(same, { error, finishedAt: 9 }))(state),
  }
  const later = { no: 2, message: 'm' }
  const overtaken: readonly (readonly [string, JobState])[] = [
    ['runs', { version: 7, status: 'running', attempts: 0, startedAt: 6, run: later }],
    ['waits for its next attempt', { version: 7, status: 'pending', attempts: 0, dueAt: 9, run: later }],
  ]

  it.each(
    Object.entries(changesOfRun).flatMap(([name, change]) =>
      overtaken.map((state) => [name, ...state, change] as const),
    ),
  )('is refused: %s while the later run %s', (_name, _what, state, change) => {
    expect(change(state)).toEqual({ ok: false, refusal: 'superseded' })
    expect(isOvertaken(state, ours)).toBe(true)
  })

  it.each(Object.entries(changesOfRun).filter(([name]) => name !== 'applyFailureWithoutRun'))(
    'is refused, too, if SQS gave the message to two workers and the other run is on record: %s',
    (_name, change) => {
      const state = { version: 2, status: 'running', attempts: 0, startedAt: 4, run: ours.run } as const
      expect(change(state)).toEqual({ ok: false, refusal: 'superseded' })
      expect(isOvertaken(state, ours)).toBe(true)
    },
  )

  it.each(Object.entries(changesOfRun))('is accepted while its run is the latest: %s', (_name, change) => {
    const state = { version: 2, status: 'running', attempts: 0, startedAt: 5, run: ours.run } as const
    expect(change(state)).toMatchObject({ ok: true, state: { version: 3 } })
    expect(isOvertaken(state, ours)).toBe(false)
    // Its run is not on record yet, or a resubmit has marked the job meanwhile.
    for (const more of [{}, { rescueAt: 3 }]) {
      const pending: JobState = { version: 2, status: 'pending', attempts: 0, ...more }
      expect(change(pending).ok).toBe(change !== changesOfRun.applyFailureWithoutRun)
      expect(isOvertaken(pending, ours)).toBe(false)
    }
  })

  it('leaves the mark of a resubmit behind once a run is on record, and the run once the job has ended', () => {
    const marked = awaitRescue(PENDING, 3)
    expect(marked).toEqual({ ok: true, state: { version: 2, status: 'pending', attempts: 0, rescueAt: 3 } })
    const running = applyStart(marked.ok ? marked.state : PENDING, ours)
    expect(running).toMatchObject({ ok: true, state: { run: ours.run } })
    expect(running.ok && running.state).not.toHaveProperty('rescueAt')
    const ended = applySuccess(running.ok ? running.state : PENDING, { ...ours, ...end })
    expect(ended.ok && ended.state).not.toHaveProperty('run')
  })

  it('of a resubmit marks only a job that no run is known of, and only once', () => {
    expect(awaitRescue({ ...PENDING, rescueAt: 1 }, 3)).toEqual({ ok: false, refusal: 'superseded' })
    expect(awaitRescue(overtaken[0]![1], 3)).toEqual({ ok: false, refusal: 'superseded' })
    expect(awaitRescue({ ...PENDING, attempts: 1, dueAt: 9 }, 3)).toEqual({ ok: false, refusal: 'superseded' })
    expect(awaitRescue({ version: 3, status: 'cancelled', attempts: 0 }, 3)).toEqual({
      ok: false,
      refusal: 'already-terminal',
    })
    const delayed = awaitRescue({ ...PENDING, dueAt: 9 }, 3)
    expect(delayed).toMatchObject({ ok: true, state: { dueAt: 9, rescueAt: 3 } })
  })
})
