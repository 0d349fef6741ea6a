export type LogLevel = 'info' | 'warn' | 'error'

/** Writes one structured line. Put the job's id in `jobId`. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void

/** The jobs of which a line is logged when they end. A failed run that is not the last has a line too, but for `none`. */
export type JobLog = 'none' | 'failures' | 'all'

/** The most characters of an error or of its stack in the log, which is billed by the byte. */
const MAX_LOGGED_LENGTH = 10_000

/**
 * Makes the log fields of something thrown. Stacks go to the log, and never to clients. A task may throw anything, also
 * an object that throws when it is looked at.
 */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  try {
    if (!(error instanceof Error)) return { error: String(error).slice(0, MAX_LOGGED_LENGTH) }
    const { name, message, stack } = error
    const text = `${name}: ${message}`.slice(0, MAX_LOGGED_LENGTH)
    return { error: text, stack: stack?.slice(0, MAX_LOGGED_LENGTH) }
  } catch {
    return { error: 'Something was thrown that cannot be described.' }
  }
}
