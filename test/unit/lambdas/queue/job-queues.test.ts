import { expect, it } from '@jest/globals'
import { encodeBody } from '../../../../lambdas/aws/queue/send-messages.ts'
import { jobOf, messageOf } from '../../fakes/platform.ts'

it('the body of a message has only characters that SQS accepts, and is read back unchanged', () => {
  const input = { text: `a\uFFFEb\uFFFFc\u0000${String.fromCharCode(0xd800)}\u{1F600}\u007F`, '\uFFFF': '\\uffff' }
  const message = messageOf(jobOf('a', 'echo', { input }))
  const body = encodeBody(message)
  // The characters that SQS documents: #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD, #x10000 to #x10FFFF.
  expect(body).toMatch(/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u)
  expect(JSON.parse(body)).toEqual(message)
})
