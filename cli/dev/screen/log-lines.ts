import type { LogEntry } from '../../../local/context.ts'
import { paint, type Colour } from '../../output/colours.ts'
import { renderDuration } from '../../output/time.ts'
import type { StackReader } from './read-stack.ts'

export interface LogLinesOptions {
  readonly colour: boolean
  /** True to print every line of every function. */
  readonly verbose: boolean
  readonly stacks: StackReader
  readonly print: (text: string) => void
}

/** The fields of the platform's own lines, see `lambdas/domain/record/log-ends.ts` and `lambdas/domain/run`. */
interface PlatformLine {
  readonly text: string
  readonly jobId?: string
  readonly task?: string
  readonly status?: string
  readonly attempts?: number
  readonly attempt?: number
  readonly totalMs?: number
  readonly ranMs?: number
  readonly code?: string
  readonly reason?: string
  readonly stack?: string
  readonly data?: unknown
}

const ENDED = 'A job ended.'
const RUNS_AGAIN = 'A run failed, and the job runs again.'
const MAX_FRAMES = 6

const MARKS: Readonly<Record<string, readonly [mark: string, colour: Colour]>> = {
  success: ['✔', 'green'],
  failed: ['✖', 'red'],
  cancelled: ['◼', 'gray'],
}

/**
 * Makes a `log` for a local cloud that prints one line for each job that ends, whatever the code of tasks and of other
 * functions prints, and warnings. All else is printed only if asked for.
 *
 * @example
 * startCloud({ log: createLogLines({ colour: true, verbose: false, stacks, print }) })
 */
export function createLogLines(options: LogLinesOptions): (entry: LogEntry) => void {
  const { colour, verbose, stacks, print } = options
  const dim = (text: string): string => paint(text, 'gray', colour)

  function printEnded(line: PlatformLine): void {
    const { jobId = '', task = '', status = '', attempts = 0, ranMs, totalMs = 0 } = line
    const [mark, markColour] = MARKS[status] ?? ['•', 'gray']
    // The record counts the attempts that failed.
    const runs = status === 'success' ? attempts + 1 : attempts
    const again = runs > 1 ? `, ${runs} attempts` : ''
    const ran = ranMs === undefined ? '' : dim(` (ran ${renderDuration(ranMs)}${again})`)
    print(`${paint(mark, markColour, colour)} ${task}  ${dim(jobId)}  ${renderDuration(totalMs)}${ran}`)
    if (status === 'failed') printFailure(line)
  }

  function printFailure({ code = '', reason = '', stack = '' }: PlatformLine): void {
    print(`  ${paint(code, 'red', colour)}: ${stacks.rewrite(reason)}`)
    for (const frame of stacks.frames(stack).slice(0, MAX_FRAMES)) print(`    ${dim(frame)}`)
  }

  function printRunsAgain(line: PlatformLine): void {
    const { jobId = '', task = '', attempt = 1 } = line
    print(`${paint('↻', 'yellow', colour)} ${task}  ${dim(jobId)}  attempt ${attempt} failed; the job runs again`)
    printFailure(line)
  }

  function printPlatformLine(line: PlatformLine, { level, source }: LogEntry): void {
    if (line.text === ENDED) return printEnded(line)
    if (line.text === RUNS_AGAIN) return printRunsAgain(line)
    const byTask = line.task !== undefined && line.attempt !== undefined
    if (!byTask && level !== 'warn' && level !== 'error') return
    const { text, stack, data, jobId, task, code, reason } = line
    const name = byTask ? `${task}  ${jobId}` : source
    const more = [data && JSON.stringify(data), code, reason].filter((part) => part !== undefined).join(' ')
    print(`${levelMark(level, colour)}${dim(name)}  ${text}${more === '' ? '' : ` ${more}`}`)
    for (const frame of stacks.frames(stack ?? '').slice(0, MAX_FRAMES)) print(`    ${dim(frame)}`)
  }

  return (entry) => {
    const { source, level, message } = entry
    const body = bodyOf(message)
    if (verbose && !(isPlatformLine(body) && [ENDED, RUNS_AGAIN].includes(body.text))) {
      print(`${dim(`${level.padEnd(5)} ${source}`)}  ${stacks.rewrite(message)}`)
      return
    }
    if (isPlatformLine(body)) return printPlatformLine(body, entry)
    // Lambda's own lines.
    if (level === 'debug') return
    print(`${levelMark(level, colour)}${dim(readableName(source))}  ${renderBody(body, stacks)}`)
  }
}

function levelMark(level: LogEntry['level'], colour: boolean): string {
  if (level === 'error') return `${paint('✖', 'red', colour)} `
  return level === 'warn' ? `${paint('!', 'yellow', colour)} ` : `${paint('│', 'gray', colour)} `
}

/** Returns the thing that was logged: Lambda wraps it into a line of JSON. */
function bodyOf(message: string): unknown {
  if (!message.startsWith('{"timestamp":')) return message
  try {
    return (JSON.parse(message) as { message?: unknown }).message
  } catch {
    return message
  }
}

function isPlatformLine(body: unknown): body is PlatformLine {
  return typeof body === 'object' && body !== null && typeof (body as PlatformLine).text === 'string'
}

function renderBody(body: unknown, stacks: StackReader): string {
  if (typeof body === 'string') return stacks.rewrite(body)
  const { errorMessage, errorType, stackTrace } = (body ?? {}) as Readonly<Record<string, unknown>>
  if (typeof errorMessage !== 'string') return JSON.stringify(body)
  const frames = Array.isArray(stackTrace) ? stacks.frames(stackTrace.join('\n')).slice(0, MAX_FRAMES) : []
  return [`${String(errorType)}: ${errorMessage}`, ...frames.map((frame) => `    ${frame}`)].join('\n')
}

/** The CDK ends a logical id with eight digits of a hash. */
function readableName(source: string): string {
  return source.replace(/[0-9A-F]{8}$/, '')
}
