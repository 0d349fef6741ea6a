import { CommanderError } from 'commander'
import { JobError, JobwireError } from '@jobwire/sdk'
import { CommandError } from './command-error.ts'
import { exitNameOfCode, type ExitName } from './exit-codes.ts'

export interface ErrorReport {
  readonly exit: ExitName
  /** The error as the protocol writes it, for `--json`. */
  readonly error: { readonly code: string; readonly message: string; readonly path?: string; readonly jobId?: string }
  readonly advice?: string
}

const ADVICE: Readonly<Record<string, string>> = {
  UNREACHABLE: 'Check the address and the network: jobwire doctor',
  TIMEOUT: 'Check the address and the network: jobwire doctor',
  BAD_ANSWER: 'Check the address and the versions: jobwire doctor',
  UNAUTHENTICATED: 'Check the token: jobwire doctor',
  FORBIDDEN: 'Check the token and its namespace: jobwire doctor',
  RESULT_TIMEOUT: 'The job goes on. Wait again: jobwire result <id>',
}

/** Returns the exit code, the code and the advice for anything that a command throws. */
export function reportError(thrown: unknown): ErrorReport {
  if (thrown instanceof CommandError) {
    const { exit, code, message, advice } = thrown
    return { exit, error: { code, message }, ...(advice === undefined ? {} : { advice }) }
  }
  if (thrown instanceof CommanderError) {
    return {
      exit: 'usage',
      error: { code: 'BAD_USAGE', message: thrown.message.replace(/^error: /, '').replaceAll('\n', ' ') },
    }
  }
  if (JobwireError.is(thrown)) return reportSdkError(thrown)
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  return { exit: 'failed', error: { code: awsErrorCode(error) ?? 'FAILED', message: error.message } }
}

function reportSdkError(error: JobwireError): ErrorReport {
  const { code, message, path, jobId } = error
  // The code of a job's failure is the task's own choice, so it says nothing about the request.
  const exit = JobError.is(error) ? 'failed' : exitNameOfCode(code)
  const cause = rootMessage(error.cause)
  const full = code === 'TOKEN_FAILED' && cause !== undefined ? cause : message
  const advice = JobError.is(error) ? undefined : ADVICE[code]
  return {
    exit,
    error: {
      code,
      message: full,
      ...(path === undefined ? {} : { path }),
      ...(jobId === undefined ? {} : { jobId }),
    },
    ...(advice === undefined ? {} : { advice }),
  }
}

function rootMessage(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.message : undefined
}

/** The clients of AWS name their errors by the code of the service. */
function awsErrorCode(error: Error): string | undefined {
  return '$metadata' in error ? error.name : (error as NodeJS.ErrnoException).code
}
