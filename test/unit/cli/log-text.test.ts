import { expect, it } from '@jest/globals'
import { parseJobLine, renderJobLine } from '../../../cli/output/log-text.ts'
import { Output } from '../../../cli/output/output.ts'

const output = new Output({ json: false, colour: false })
const AT_MS = Date.parse('2026-11-21T08:00:00.000Z')
const job = { jobId: 'a', namespace: 'acme', task: 'print', attempt: 1 }

function line(message: object, level = 'INFO'): string {
  return JSON.stringify({ timestamp: '2026-11-21T08:00:00.000Z', level, requestId: 'r', message })
}

it('a line is taken apart, and its time is ISO 8601', () => {
  expect(parseJobLine(AT_MS, line({ text: 'Page 2', ...job }))).toEqual({
    at: '2026-11-21T08:00:00.000Z',
    level: 'INFO',
    requestId: 'r',
    text: 'Page 2',
    message: { text: 'Page 2', ...job },
  })
})

it('people see the text and the fields that they do not know already', () => {
  const shown = renderJobLine(output, parseJobLine(AT_MS, line({ text: 'Page 2', ...job, data: { of: 5 } })))
  expect(shown).toBe('2026-11-21T08:00:00.000Z  INFO   Page 2  data={"of":5}')
})

it('people see some frames of a stack, or all, and the error once', () => {
  const stack = ['Error: Two', '  lines', ...[1, 2, 3].map((at) => `    at f (a.ts:${at}:1)`)].join('\n')
  const failure = parseJobLine(AT_MS, line({ text: 'Failed.', ...job, error: 'Error: Two', stack }, 'ERROR'))
  const first = '2026-11-21T08:00:00.000Z  ERROR  Failed.'
  expect(renderJobLine(output, failure, 2)).toBe(`${first}\n    at f (a.ts:1:1)\n    at f (a.ts:2:1)`)
  expect(renderJobLine(output, failure).split('\n')).toHaveLength(4)
})
