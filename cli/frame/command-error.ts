import type { ExitName } from './exit-codes.ts'

/** An error of the command line itself: one line with a code, the exit code, and advice if there is some. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exit: ExitName
  readonly code: string
  readonly advice: string | undefined

  constructor(exit: ExitName, code: string, message: string, more: { readonly advice?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.exit = exit
    this.code = code
    this.advice = more.advice
  }
}

/** An error in the arguments that only the command itself can see. */
export function usageError(message: string): CommandError {
  return new CommandError('usage', 'BAD_USAGE', message)
}
