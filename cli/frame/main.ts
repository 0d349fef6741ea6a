import { CommanderError } from 'commander'
import { EXIT_CODES } from './exit-codes.ts'
import { createProgram, withSubcommands } from './program.ts'
import { reportError } from './report-error.ts'
import { paint, stderrHasColours } from '../output/colours.ts'

/** Runs the command line with the arguments of this process, and sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  endQuietlyWithTheReader()
  const program = createProgram()
  for (const command of [program, ...withSubcommands(program)]) {
    command.exitOverride()
    command.configureOutput({ outputError: () => undefined })
  }
  try {
    if (args.length === 0) program.help({ error: true })
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
      process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code
      return
    }
    printError(error, args)
  }
}

/** Errors in the options themselves must be printed too, so the flags are looked up in the bare arguments. */
function printError(thrown: unknown, args: readonly string[]): void {
  const { exit, error, advice } = reportError(thrown)
  process.exitCode = EXIT_CODES[exit].code
  const verbose = args.includes('--verbose')
  if (args.includes('--json')) {
    const stack = verbose && thrown instanceof Error ? { stack: thrown.stack } : {}
    process.stderr.write(`${JSON.stringify({ error: { ...error, ...stack } })}\n`)
    return
  }
  const colour = stderrHasColours(args)
  const path = error.path === undefined ? '' : ` (${error.path})`
  const next = advice === undefined ? '' : ` ${advice}`
  process.stderr.write(`${paint(error.code, 'red', colour)}${path}: ${error.message}${next}\n`)
  if (verbose) process.stderr.write(`${renderStacks(thrown)}\n`)
}

function renderStacks(thrown: unknown): string {
  const stacks: string[] = []
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) stacks.push(cause.stack ?? String(cause))
  return stacks.join('\ncaused by: ')
}

/** A reader like `head` closes the pipe early. That is no error. */
function endQuietlyWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok.code)
    throw error
  })
}
