import type { Colour } from './colours.ts'
import type { Output } from './output.ts'

/** One line of a job, taken apart. `message` is the object that the worker logged. */
export interface JobLine {
  readonly at: string
  readonly level: string
  readonly requestId?: string
  readonly text: string
  readonly message: Readonly<Record<string, unknown>>
}

const LEVEL_COLOURS: Readonly<Record<string, Colour>> = { ERROR: 'red', FATAL: 'red', WARN: 'yellow', DEBUG: 'gray' }

/** Fields that a person knows from the command or sees elsewhere in the line. */
const HIDDEN = new Set(['text', 'jobId', 'namespace', 'task', 'attempt', 'stack'])

/** Reads a line as Lambda's JSON format has it. */
export function parseJobLine(atMs: number, line: string): JobLine {
  const {
    level = 'INFO',
    requestId,
    message,
  } = JSON.parse(line) as { level?: string; requestId?: string; message: object }
  const fields = message as Readonly<Record<string, unknown>>
  return {
    at: new Date(atMs).toISOString(),
    level,
    ...(requestId === undefined ? {} : { requestId }),
    text: typeof fields['text'] === 'string' ? fields['text'] : '',
    message: fields,
  }
}

/** A stack says the error again, so the error itself is left out beside it. */
export function renderJobLine(output: Output, { at, level, text, message }: JobLine, mostFrames = 6): string {
  const { stack } = message
  const isHidden = (name: string) => HIDDEN.has(name) || (name === 'error' && stack !== undefined)
  const rest = Object.entries(message).filter(([name]) => !isHidden(name))
  const more = rest.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const colour = LEVEL_COLOURS[level]
  const mark = colour === undefined ? level.padEnd(5) : output.paint(level.padEnd(5), colour)
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : []
  const first = [output.paint(at, 'gray'), mark, text, more.join(' ')].filter((part) => part !== '').join('  ')
  return [first, ...frames.slice(0, mostFrames)].join('\n')
}
