import { describe, expect, it } from '@jest/globals'
import { parseCron } from '../../../calendar/cron.ts'
import { CronError } from '../../../calendar/cron-field.ts'
import { findTimeZone } from '../../../calendar/time-zone.ts'

/** Returns the next times of an expression, in UTC without the seconds. */
function next(expression: string, after: string, { zone = 'UTC', count = 1 } = {}): string[] {
  const cron = parseCron(expression)
  const times: string[] = []
  let at = Date.parse(after)
  for (let index = 0; index < count; index++) {
    const found = cron.next(at, findTimeZone(zone)!)
    if (found === undefined) break
    at = found
    expect(found % 60_000).toBe(0)
    times.push(new Date(found).toISOString().slice(0, 16))
  }
  return times
}

describe("the examples of AWS's documentation", () => {
  it.each([
    ['15 12 * * ? *', '2026-01-01T00:00Z', ['2026-01-01T12:15', '2026-01-02T12:15']],
    ['0 18 ? * MON-FRI *', '2026-01-02T00:00Z', ['2026-01-02T18:00', '2026-01-05T18:00']],
    ['0 8 1 * ? *', '2026-01-01T08:00Z', ['2026-02-01T08:00', '2026-03-01T08:00']],
    ['0/10 * ? * MON-FRI *', '2026-01-02T23:45Z', ['2026-01-02T23:50', '2026-01-05T00:00']],
    ['0/5 8-17 ? * MON-FRI *', '2026-01-02T17:50Z', ['2026-01-02T17:55', '2026-01-05T08:00']],
    ['0 9 ? * 2#1 *', '2026-01-01T00:00Z', ['2026-01-05T09:00', '2026-02-02T09:00']],
    ['15 10 ? * 6L 2022-2026', '2026-11-01T00:00Z', ['2026-11-27T10:15', '2026-12-25T10:15']],
    ['0/15 10 * * ? *', '2026-01-01T10:20Z', ['2026-01-01T10:30', '2026-01-01T10:45', '2026-01-02T10:00']],
  ])('%s', (expression, after, expected) => {
    expect(next(expression, after, { count: expected.length })).toEqual(expected)
  })
})

describe('each field', () => {
  it.each([
    ['lists of minutes', '5,35,20 * * * ? *', ['2026-01-01T00:05', '2026-01-01T00:20', '2026-01-01T00:35']],
    ['a range with a step', '10-30/10 3 * * ? *', ['2026-01-01T03:10', '2026-01-01T03:20', '2026-01-01T03:30']],
    ['a start with a step', '0 10/6 * * ? *', ['2026-01-01T10:00', '2026-01-01T16:00', '2026-01-01T22:00']],
    ['months by name, in any case', '0 0 1 feb,NOV ? *', ['2026-02-01T00:00', '2026-11-01T00:00', '2027-02-01T00:00']],
    ['every third month', '0 0 1 1/3 ? *', ['2026-04-01T00:00', '2026-07-01T00:00', '2026-10-01T00:00']],
    ['the last day of the month', '0 0 L * ? *', ['2026-01-31T00:00', '2026-02-28T00:00', '2026-03-31T00:00']],
    ['the 31st, where there is one', '0 0 31 * ? *', ['2026-01-31T00:00', '2026-03-31T00:00', '2026-05-31T00:00']],
    ['a leap day', '0 0 29 2 ? *', ['2028-02-29T00:00', '2032-02-29T00:00', '2036-02-29T00:00']],
    ['Saturdays, by L', '0 0 ? * L *', ['2026-01-03T00:00', '2026-01-10T00:00', '2026-01-17T00:00']],
    ['weekdays by number', '0 0 ? * 1,7 *', ['2026-01-03T00:00', '2026-01-04T00:00', '2026-01-10T00:00']],
    ['the fifth Friday', '0 0 ? * FRI#5 *', ['2026-01-30T00:00', '2026-05-29T00:00', '2026-07-31T00:00']],
    ['the last Monday', '0 0 ? * MONL *', ['2026-01-26T00:00', '2026-02-23T00:00', '2026-03-30T00:00']],
    ['some years', '0 0 1 1 ? 2027,2030/2', ['2027-01-01T00:00', '2030-01-01T00:00', '2032-01-01T00:00']],
  ])('%s', (_name, expression, expected) => {
    expect(next(expression, '2026-01-01T00:00Z', { count: 3 })).toEqual(expected)
  })

  it.each([
    ['a working day', '0 0 15W 4 ? 2026', '2026-04-15T00:00'],
    ['a Saturday: the Friday before', '0 0 15W 8 ? 2026', '2026-08-14T00:00'],
    ['a Sunday: the Monday after', '0 0 15W 2 ? 2026', '2026-02-16T00:00'],
    ['the first, a Saturday: not in the month before', '0 0 1W 8 ? 2026', '2026-08-03T00:00'],
    ['the last, a Sunday: not in the month after', '0 0 31W 5 ? 2026', '2026-05-29T00:00'],
  ])('the working day nearest to %s', (_name, expression, expected) => {
    expect(next(expression, '2026-01-01T00:00Z')).toEqual([expected])
  })

  it('ends with its years', () => {
    expect(next('0 12 * * ? 2026', '2026-12-30T13:00Z', { count: 5 })).toEqual(['2026-12-31T12:00'])
    expect(next('0 0 30 2 ? *', '2026-01-01T00:00Z')).toEqual([])
  })

  it('returns a later time, never the same one again', () => {
    expect(next('30 12 * * ? *', '2026-01-01T12:29:59.999Z')).toEqual(['2026-01-01T12:30'])
    expect(next('30 12 * * ? *', '2026-01-01T12:30:00.000Z')).toEqual(['2026-01-02T12:30'])
    expect(next('30 12 * * ? *', '2026-01-01T12:30:00.001Z')).toEqual(['2026-01-02T12:30'])
  })
})

describe('time zones', () => {
  it('are those of local clocks', () => {
    expect(next('0 9 * * ? *', '2026-01-15T00:00Z', { zone: 'America/New_York' })).toEqual(['2026-01-15T14:00'])
    expect(next('0 9 * * ? *', '2026-07-15T00:00Z', { zone: 'America/New_York' })).toEqual(['2026-07-15T13:00'])
    expect(next('30 5 1 * ? *', '2026-01-15T00:00Z', { zone: 'Asia/Kolkata' })).toEqual(['2026-02-01T00:00'])
    expect(next('0 0 1 1 ? *', '2026-06-01T00:00Z', { zone: 'Pacific/Kiritimati' })).toEqual(['2026-12-31T10:00'])
  })

  it('leave out a time that is skipped as clocks go forward', () => {
    const berlin = { zone: 'Europe/Berlin', count: 3 }
    expect(next('30 2 * * ? *', '2026-03-28T00:00Z', berlin)).toEqual([
      '2026-03-28T01:30',
      '2026-03-30T00:30',
      '2026-03-31T00:30',
    ])
    expect(next('0/30 * * * ? *', '2026-03-29T00:10Z', berlin)).toEqual([
      '2026-03-29T00:30',
      '2026-03-29T01:00',
      '2026-03-29T01:30',
    ])
  })

  it('take a time only once that comes twice as clocks go back', () => {
    const newYork = { zone: 'America/New_York', count: 3 }
    expect(next('30 1 * * ? *', '2026-10-31T12:00Z', newYork)).toEqual([
      '2026-11-01T05:30',
      '2026-11-02T06:30',
      '2026-11-03T06:30',
    ])
    // Starts within the second of the two equal hours.
    expect(next('0/30 * * * ? *', '2026-11-01T06:10Z', { ...newYork, count: 1 })).toEqual(['2026-11-01T07:00'])
  })

  it('are accepted by name only', () => {
    for (const name of ['', 'Mars/Olympus', '+02:00', 'Europe/Berlin; drop']) {
      expect(findTimeZone(name)).toBeUndefined()
    }
  })
})

describe('an invalid expression', () => {
  it.each([
    ['0 3 * * *', 'it has 5 fields instead of six'],
    ['0 3 * * * *', 'exactly one of its fields day-of-month and day-of-week must be "?"'],
    ['0 3 ? * ? *', 'exactly one of its fields'],
    ['60 3 * * ? *', '"60" is not allowed in its field minutes, which takes 0 to 59'],
    ['0 24 * * ? *', 'its field hours'],
    ['0 3 0 * ? *', 'its field day-of-month'],
    ['0 3 ? JANUARY MON *', '"JANUARY" is not allowed in its field month, which takes 1 to 12, or JAN to DEC'],
    ['0 3 ? * 8 *', 'its field day-of-week'],
    ['0 3 ? * 0 *', 'its field day-of-week'],
    ['0 3 ? * 3#1,6#3 *', 'its field day-of-week'],
    ['0 3 ? * 3#6 *', 'its field day-of-week'],
    ['0 3 32W * ? *', 'its field day-of-month'],
    ['0 3 * * ? 1969', 'its field year, which takes 1970 to 2199'],
    ['0 3 10-5 * ? *', 'the range "10-5" of its field day-of-month runs backwards'],
    ['*/0 3 * * ? *', 'the step "0" of its field minutes'],
    ['1/2/3 3 * * ? *', 'its field minutes'],
    ['1-2-3 3 * * ? *', 'its field minutes'],
    ['-5 3 * * ? *', 'its field minutes'],
    [',5 3 * * ? *', 'its field minutes'],
    ['5.5 3 * * ? *', 'its field minutes'],
  ])('%s', (expression, reason) => {
    expect(() => parseCron(expression)).toThrow(CronError)
    expect(() => parseCron(expression)).toThrow(reason)
  })
})
