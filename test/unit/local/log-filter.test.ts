import { describe, expect, it } from '@jest/globals'
import { parseFilterPattern } from '../../../local/services/logs/filter-pattern.ts'

describe('terms', () => {
  it.each([
    ['', 'anything', true],
    ['ERROR', 'an ERROR here', true],
    ['error', 'an ERROR here', false],
    ['one two', 'two and one', true],
    ['one two', 'one alone', false],
    ['"job 7" failed', 'job 7 has failed', true],
    ['"job 7"', 'job  7', false],
    ['failed -"job 7"', 'job 7 failed', false],
    ['failed -"job 7"', 'job 8 failed', true],
    ['?one ?two', 'two', true],
    ['?one ?two', 'three', false],
    // The optional terms are ignored.
    ['?one two', 'two', true],
    ['"a \\"quote\\""', 'a "quote"', true],
  ])('%s finds %s: %s', (pattern, message, expected) => {
    expect(parseFilterPattern(pattern)(message)).toBe(expected)
  })
})

describe('a condition on JSON', () => {
  const message = JSON.stringify({
    level: 'ERROR',
    status: 503,
    done: false,
    nothing: null,
    job: { id: 'a?b', tags: ['x', { name: 'y' }] },
  })

  it.each([
    ['{ $.level = "ERROR" }', true],
    ['{ $.level = ERROR }', true],
    ['{$.level="INFO"}', false],
    ['{ $.level != "INFO" }', true],
    ['{ $.missing != "INFO" }', false],
    ['{ $.level = "ERR*" }', true],
    ['{ $.job.id = "a?b" }', true],
    ['{ $.job.id = "axb" }', false],
    ['{ $.status = 503 }', true],
    ['{ $.status >= 500 && $.status < 600 }', true],
    ['{ $.status > 503 || $.level = "INFO" }', false],
    ['{ ($.status > 600 || $.level = "ERROR") && $.done IS FALSE }', true],
    ['{ $.nothing IS NULL }', true],
    ['{ $.missing NOT EXISTS }', true],
    ['{ $.level NOT EXISTS }', false],
    ['{ $.job.tags[0] = "x" }', true],
    ['{ $.job.tags[1].name = "y" }', true],
    ['{ $["level"] = "ERROR" }', true],
    ['{ $.toString = "x" }', false],
  ])('%s: %s', (pattern, expected) => {
    expect(parseFilterPattern(pattern)(message)).toBe(expected)
  })

  it('finds no message that is not JSON', () => {
    expect(parseFilterPattern('{ $.level = "*" }')('level ERROR')).toBe(false)
    expect(parseFilterPattern('{ $.level NOT EXISTS }')('{ broken')).toBe(false)
  })
})

it.each([
  ['[a, b]', 'columns'],
  ['%ERR.*%', 'regular expressions'],
  ['{ $.a = %ERR% }', 'cannot read'],
  ['job-7', 'double quotes'],
  ['{ $.a = "x"', '} is missing'],
  ['{ $.a }', 'is missing'],
  ['{ $.a ~ 1 }', 'cannot read'],
  ['{ $.a EXISTS 1 }', 'not an operator'],
  ['{ level = "x" }', 'a condition begins with a field'],
  ['{ $.a > "x" }', 'needs a number'],
])('refuses %s and says why', (pattern, why) => {
  expect(() => parseFilterPattern(pattern)).toThrow(why)
})
