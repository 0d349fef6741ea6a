export type LogLevel = 'info' | 'warn' | 'error'

/** Writes one structured line. Put the job's id in `jobId`. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void

/** The jobs of which a line is logged when they end. A failed run that is not the last has a line too, but for `none`. */
export type JobLog = 'none' | 'failures' | 'all'

/** Makes the log fields of something thrown. Stacks go to the log, and never to clients. */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: String(error) }
  return { error: `${error.name}: ${error.message}`, stack: error.stack }
}
