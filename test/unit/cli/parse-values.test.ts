import { describe, expect, it } from '@jest/globals'
import { durationMs, metadataPair, parseTime, wholeNumber } from '../../../cli/frame/parse-values.ts'

const NOW_MS = Date.parse('2026-11-21T10:00:00Z')

it.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['1.5h', 5_400_000],
  ['7d', 604_800_000],
  ['400', 400],
])('the duration %s is %d ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

it.each(['', 'soon', '1h30m', '-1s', '1 h', '1e3'])('the duration %j is refused', (text) => {
  expect(() => durationMs(text)).toThrow('It must be a time like')
})

it.each([
  ['2h', NOW_MS - 7_200_000],
  ['2026-11-21', Date.parse('2026-11-21T00:00:00Z')],
  ['2026-11-21T08:00:00Z', Date.parse('2026-11-21T08:00:00Z')],
  ['1790000000000', 1_790_000_000_000],
])('the time %s', (text, atMs) => {
  expect(parseTime(text, NOW_MS)).toBe(atMs)
})

describe('metadata', () => {
  it('are gathered, and numbers and truth values count as such', () => {
    const pairs = ['customer=7', 'plan=pro', 'paid=true', 'code="007"', 'zip=01234', 'note=a=b', 'empty=']
    expect(pairs.reduce((all, pair) => metadataPair(pair, all), {})).toEqual({
      customer: 7,
      plan: 'pro',
      paid: true,
      code: '007',
      zip: '01234',
      note: 'a=b',
      empty: '',
    })
  })

  it.each(['customer', '=7'])('%j is refused', (pair) => {
    expect(() => metadataPair(pair)).toThrow('It must be like customer=7')
  })
})

it.each(['-1', '1.5', 'many', ''])('the number %j is refused', (text) => {
  expect(() => wholeNumber(text)).toThrow('It must be a whole number')
})
