import { expect, it } from '@jest/globals'
import { exitNameOfCode } from '../../../cli/frame/exit-codes.ts'
import { reportError } from '../../../cli/frame/report-error.ts'
import { CommandError } from '../../../cli/frame/command-error.ts'
import { JobError, JobwireError } from '../../../sdk/src/api/errors.ts'

it.each([
  ['JOB_NOT_FOUND', 'failed'],
  ['ALREADY_FINISHED', 'failed'],
  ['INPUT_INVALID', 'usage'],
  ['UNKNOWN_TASK', 'usage'],
  ['PAYLOAD_TOO_LARGE', 'usage'],
  ['INVALID_OPTION', 'usage'],
  ['UNAUTHENTICATED', 'unreachable'],
  ['FORBIDDEN', 'unreachable'],
  ['UNREACHABLE', 'unreachable'],
  ['THROTTLED', 'unreachable'],
  ['INTERNAL', 'unreachable'],
  ['RESULT_TIMEOUT', 'timeout'],
])('%s ends with the code of %s', (code, exit) => {
  expect(exitNameOfCode(code)).toBe(exit)
  expect(reportError(new JobwireError(code, 'No.'))).toMatchObject({ exit, error: { code } })
})

it('a job that fails ends with 1, whatever code its task has chosen', () => {
  const error = { code: 'UNREACHABLE', message: 'The printer.', retryable: false }
  const job = new JobError({ id: 'a', version: 2, status: 'failed', attempts: 1, error })
  expect(reportError(job)).toEqual({
    exit: 'failed',
    error: { code: 'UNREACHABLE', message: 'The printer.', jobId: 'a' },
  })
})

it('an error of the command line keeps its advice', () => {
  const error = new CommandError('usage', 'NO_TOKEN', 'There is no token.', { advice: 'Give --token.' })
  expect(reportError(error)).toEqual({
    exit: 'usage',
    error: { code: 'NO_TOKEN', message: 'There is no token.' },
    advice: 'Give --token.',
  })
})
