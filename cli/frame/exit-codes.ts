import { ERRORS } from '../../protocol/kit/errors.ts'

/** The exit codes of every command. docs/CLI.md lists them. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'Everything that was asked for is done.' },
  failed: { code: 1, meaning: 'The job failed or was cancelled, was not found, or is in the wrong state.' },
  usage: { code: 2, meaning: 'The command line or the request is wrong: nothing was changed.' },
  unreachable: { code: 3, meaning: 'The deployment cannot be reached, or does not accept the token.' },
  timeout: { code: 4, meaning: 'The time of `--timeout` passed before the job ended. The job goes on.' },
  interrupted: { code: 130, meaning: 'Ctrl-C, or a no to its question, ended the command.' },
} as const

export type ExitName = keyof typeof EXIT_CODES

const NAME_BY_CLIENT_CODE: Readonly<Record<string, ExitName>> = {
  INVALID_OPTION: 'usage',
  INPUT_NOT_JSON: 'usage',
  RESULT_TIMEOUT: 'timeout',
  TIMEOUT: 'unreachable',
  UNREACHABLE: 'unreachable',
  NO_ANSWER: 'unreachable',
  BAD_ANSWER: 'unreachable',
  TOKEN_FAILED: 'unreachable',
  ABORTED: 'interrupted',
}

/** Returns the exit code for an error of the SDK. Codes of the platform count by their HTTP status. */
export function exitNameOfCode(code: string): ExitName {
  const known = NAME_BY_CLIENT_CODE[code]
  if (known !== undefined) return known
  const status = (ERRORS as Readonly<Record<string, { readonly status: number }>>)[code]?.status
  if (status === undefined || status === 404 || status === 405 || status === 409) return 'failed'
  if (status === 400 || status === 413) return 'usage'
  return 'unreachable'
}
