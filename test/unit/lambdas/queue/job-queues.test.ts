import { expect, it } from '@jest/globals'
import { encodeBody } from '../../../../lambdas/aws/queue/send-messages.ts'
import { messageGroupOf } from '../../../../lambdas/aws/queue/message-group.ts'
import { jobOf, messageOf } from '../../fakes/platform.ts'

it('the body of a message has only characters that SQS accepts, and is read back unchanged', () => {
  const input = { text: `a\uFFFEb\uFFFFc\u0000${String.fromCharCode(0xd800)}\u{1F600}\u007F`, '\uFFFF': '\\uffff' }
  const message = messageOf(jobOf('a', 'echo', { input }))
  const body = encodeBody(message)
  // The characters that SQS documents: #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD, #x10000 to #x10FFFF.
  expect(body).toMatch(/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u)
  expect(JSON.parse(body)).toEqual(message)
})

it.each([
  [undefined, 'acme'],
  ['imports', 'acme/imports'],
  ['a/b#c', 'acme/a/b#c'],
  ['x'.repeat(123), `acme/${'x'.repeat(123)}`],
  ['x'.repeat(124), `acme/${'x'.repeat(123)}`],
  ['two words', 'acme/two%20words'],
  ['Zürich', 'acme/Z%C3%BCrich'],
  ['half a \ud83d', 'acme/half%20a%20%EF%BF%BD'],
  ['`"<>[]{}|\\^%', 'acme/%60%22%3C%3E%5B%5D%7B%7D%7C%5C%5E%25'],
])('a message of the group %j belongs to a group that SQS accepts', (group, expected) => {
  expect(messageGroupOf({ namespace: 'acme', ...(group === undefined ? {} : { group }) })).toBe(expected)
})
