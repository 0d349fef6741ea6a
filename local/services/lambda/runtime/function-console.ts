import { format } from 'node:util'
import type { LogEntry } from '../../../context.ts'
import { LOG_LEVELS } from './runtime-messages.ts'
import type { LogLevel, LogSettings } from './runtime-messages.ts'

type WriteLine = (level: LogEntry['level'], line: string) => void

const CONSOLE_METHODS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  log: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
} as const

const ENTRY_LEVELS: Record<LogLevel, LogEntry['level']> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'error',
}

/**
 * Sends everything that a function prints to the log, formatted as AWS's Node.js runtime does. Called in the worker
 * thread. The thread is frozen between invocations, so nothing may wait in a stream: lines are posted at once.
 */
export function captureOutput(settings: LogSettings, requestId: () => string, write: WriteLine): void {
  for (const [method, level] of Object.entries(CONSOLE_METHODS)) {
    console[method as keyof typeof CONSOLE_METHODS] = isWritten(level, settings)
      ? (...values: unknown[]) => write(ENTRY_LEVELS[level], formatLine(settings, level, requestId(), values))
      : () => undefined
  }
  process.stdout.write = rawWriter('info', write)
  process.stderr.write = rawWriter('error', write)
  // The listener that Node.js installs prints to the host's stderr, bypassing the code above.
  process.removeAllListeners('warning')
  process.on('warning', (warning) => write('warn', `(node) ${warning.name}: ${warning.message}`))
}

function isWritten(level: LogLevel, settings: LogSettings): boolean {
  return settings.format === 'Text' || LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(settings.level)
}

export function formatLine(settings: LogSettings, level: LogLevel, requestId: string, values: unknown[]): string {
  const timestamp = new Date().toISOString()
  if (settings.format === 'Text') return `${timestamp}\t${requestId}\t${level}\t${format(...values)}`
  const line: Record<string, unknown> = { timestamp, level, requestId }
  if (values.length === 1) {
    line['message'] = values[0]
    try {
      return JSON.stringify(line, describeErrors)
    } catch {
      // Circular, or a BigInt.
    }
  }
  line['message'] = format(...values)
  const error = values.find((value) => value instanceof Error)
  if (error instanceof Error) Object.assign(line, errorFields(error))
  return JSON.stringify(line)
}

function describeErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? Object.assign(errorFields(value), value) : value
}

function errorFields(error: Error): Record<string, unknown> {
  return {
    errorType: error.constructor.name,
    errorMessage: error.message,
    stackTrace: error.stack?.split('\n') ?? [],
  }
}

function rawWriter(level: LogEntry['level'], write: WriteLine): typeof process.stdout.write {
  return (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    write(level, text.replace(/\n$/, ''))
    const done = typeof encoding === 'function' ? encoding : callback
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
}
