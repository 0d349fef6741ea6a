import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { shortenText as shortenInCloud } from '../../../local/shorten-text.ts'
import { findRoute } from '../../../lambdas/handlers/kit/rest-router.ts'
import { parseProgress } from '../../../protocol/job/parse-progress.ts'
import { readParameters } from '../../../protocol/kit/query-parameters.ts'
import { shortenText } from '../../../protocol/kit/shorten-text.ts'
import { parseRetryBody } from '../../../protocol/list/parse-list.ts'
import { parsePublishBody } from '../../../protocol/manage/parse-publish.ts'
import { parseId, parseJobRequest } from '../../../protocol/submit/parse-job.ts'
import { parseClientFrame } from '../../../protocol/wire/parse.ts'

const HALF_CHARACTER = /\p{Surrogate}/u

describe.each([
  ['the platform', shortenText],
  ['the local cloud', shortenInCloud],
])('a text that %s cuts', (_, shorten) => {
  it('ends in a mark, and stays whole if it is short enough', () => {
    expect(shorten('greetings', 5)).toBe('greet…')
    expect(shorten('greet', 5)).toBe('greet')
    expect(shorten('ab😀d', 3)).toBe('ab…')
    expect(shorten('ab😀d', 4)).toBe('ab😀…')
  })

  it('never ends in half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, length) => {
        const short = shorten(text, length)
        expect(short).not.toMatch(HALF_CHARACTER)
        expect(text.startsWith(short.replace(/…$/, ''))).toBe(true)
      }),
    )
  })
})

/** Whatever the length at which a message cuts: one of the two texts has a character across it. */
const LONG = ['😀'.repeat(300), `a${'😀'.repeat(300)}`]

it.each<[string, (text: string) => unknown]>([
  ['an unknown parameter', (text) => readParameters({ [text]: ['1'] }, ['limit'], () => 0)],
  [
    'the value of a parameter',
    (text) =>
      readParameters({ limit: [text] }, ['limit'], ({ one }) => one('limit', { wanted: 'x', read: () => undefined })),
  ],
  ['an id', (text) => parseId(text, 'id')],
  ['a field of a job', (text) => parseJobRequest({ task: 'echo', [text]: 1 })],
  ['the type of a frame', (text) => parseClientFrame(JSON.stringify({ type: text }))],
  ['a field of a publish', (text) => parsePublishBody(JSON.stringify({ [text]: 1 }))],
  ['a field of a retry', (text) => parseRetryBody(JSON.stringify({ [text]: 1 }))],
  ['a field of progress', (text) => parseProgress({ [text]: 1 }, 'progress')],
  ['a route', (text) => findRoute('GET', `/${encodeURIComponent(text)}`)],
])('a message about %s has whole characters only', (_, read) => {
  for (const text of LONG) {
    const { error } = read(text) as { error: { message: string; path?: string } }
    expect(error.message).toContain('…')
    expect(`${error.message} ${error.path}`).not.toMatch(HALF_CHARACTER)
  }
})
