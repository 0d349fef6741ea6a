import { describe, expect, it } from '@jest/globals'
import { hasColours, paint } from '../../../cli/output/colours.ts'
import { renderTable } from '../../../cli/output/table.ts'
import { renderDuration, renderTime, withIsoTimes } from '../../../cli/output/time.ts'
import { groupFailures } from '../../../cli/commands/jobs/failures.ts'

describe('a table', () => {
  it('has columns, numbers at the right, and no spaces at the ends of lines', () => {
    const rows = [
      ['CODE', 'JOBS', 'MESSAGE'],
      ['JAM', 3, 'Tray 2.'],
      [{ text: 'OUT_OF_PAPER', colour: 'red' as const }, 12, undefined],
    ]
    expect(renderTable(rows, false)).toEqual([
      'CODE          JOBS  MESSAGE',
      'JAM              3  Tray 2.',
      'OUT_OF_PAPER    12',
    ])
  })

  it('is aligned by what is seen, not by the codes of colours', () => {
    const [first, second] = renderTable(
      [
        [{ text: 'a', colour: 'red' }, 'x'],
        ['bb', 'y'],
      ],
      true,
    ) as [string, string]
    expect(first).toBe(`${paint('a', 'red', true)}   x`)
    expect(second).toBe('bb  y')
  })
})

it.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: false }, {}, false],
  [{}, {}, false],
  [{ isTTY: true }, { NO_COLOR: '1' }, false],
  [{ isTTY: true }, { NO_COLOR: '' }, true],
  [{ isTTY: true }, { TERM: 'dumb' }, false],
])('colours of %j with %j: %s', (stream, env, on) => {
  expect(hasColours(stream, env)).toBe(on)
})

describe('times', () => {
  it('are relative for people', () => {
    const nowMs = 1_790_000_000_000
    const times = [0, 400, 1_500, 59_000, 61_000, 7_300_000, 172_800_000].map((ms) => renderTime(nowMs - ms, nowMs))
    expect(times).toEqual(['now', 'now', '1.5s ago', '59s ago', '1m ago', '2h ago', '2d ago'])
    expect(renderTime(nowMs + 3_600_000, nowMs)).toBe('in 1h')
    expect(renderTime(undefined, nowMs)).toBe('')
    expect(renderDuration(40)).toBe('40ms')
  })

  it('are ISO 8601 in JSON, but for those within the data of a job', () => {
    const record = { id: 'a', createdAt: 1_790_000_000_000, output: { savedAt: 17 }, metadata: { paidAt: 18 } }
    expect(withIsoTimes(record)).toEqual({ ...record, createdAt: '2026-09-21T14:13:20.000Z' })
  })
})

it('failures are grouped by code and task, the largest group first, with their latest job', () => {
  const job = (id: string, task: string, code: string, finishedAt: number) =>
    ({ id, task, finishedAt, error: { code, message: `${code} ${id}`, retryable: false } }) as never
  const jobs = [
    job('a', 'print', 'JAM', 1),
    job('b', 'scan', 'JAM', 2),
    job('c', 'scan', 'JAM', 4),
    job('d', 'scan', 'JAM', 3),
  ]
  expect(groupFailures(jobs)).toEqual([
    { code: 'JAM', task: 'scan', count: 3, lastAt: 4, id: 'c', message: 'JAM c' },
    { code: 'JAM', task: 'print', count: 1, lastAt: 1, id: 'a', message: 'JAM a' },
  ])
})
