import type { CloudContext, LogEntry } from '../../../context.ts'
import type { LogWriter } from '../../logs/log-store.ts'
import type { FunctionConfiguration } from '../definition/function-configuration.ts'
import {
  endLine,
  reportLine,
  reportRecord,
  startLine,
  startRecord,
  type InvocationReport,
  type PlatformRecord,
} from './platform-log.ts'

export interface EnvironmentLogOptions {
  readonly context: CloudContext
  readonly configuration: Pick<FunctionConfiguration, 'name' | 'logGroup' | 'logging'>
  readonly streamName: string
  /** Absent: the lines go to the terminal only. */
  readonly groups?: LogWriter | undefined
}

/** The part of its log that an invocation returns to a caller who asks for it. */
const TAIL_BYTES = 4 * 1024

/** The output of one execution environment: its own log stream, the terminal, and the end of the running invocation's. */
export class EnvironmentLog {
  readonly #options: EnvironmentLogOptions
  #tail: string[] = []
  #tailBytes = 0

  constructor(options: EnvironmentLogOptions) {
    this.#options = options
  }

  get streamName(): string {
    return this.#options.streamName
  }

  /** Returns the last 4 KB of what the running invocation, or the last one, has logged. */
  get tail(): string {
    const bytes = Buffer.from(this.#tail.join('\n'))
    return bytes.subarray(-TAIL_BYTES).toString('utf8')
  }

  begin(requestId: string): void {
    this.#tail = []
    this.#tailBytes = 0
    this.#platform(startLine(requestId), startRecord(requestId))
  }

  line(level: LogEntry['level'], line: string): void {
    this.#toTerminal(level, line)
    this.#keep(line)
  }

  /** Says how an invocation ended that the function itself could not report. */
  fail(requestId: string, message: string): void {
    this.#toTerminal('error', message)
    const timestamp = new Date(this.#options.context.clock.now()).toISOString()
    const isJson = this.#options.configuration.logging.format === 'JSON'
    this.#keep(isJson ? JSON.stringify({ timestamp, level: 'ERROR', requestId, message }) : `${timestamp} ${message}`)
  }

  end(requestId: string): void {
    this.#platform(endLine(requestId))
  }

  report(report: InvocationReport): void {
    this.#platform(reportLine(report), reportRecord(report))
  }

  /** Lambda's own lines. In the JSON format they are records, and there is none for the end. */
  #platform(line: string, record?: PlatformRecord): void {
    this.#toTerminal('debug', line)
    const { context, configuration } = this.#options
    const { format, systemLevel } = configuration.logging
    if (format === 'Text') this.#keep(line)
    else if (record !== undefined && (systemLevel === 'DEBUG' || systemLevel === 'INFO')) {
      this.#keep(JSON.stringify({ time: new Date(context.clock.now()).toISOString(), ...record }))
    }
  }

  #keep(message: string): void {
    const { groups, streamName, configuration } = this.#options
    groups?.write({ groupName: configuration.logGroup, streamName, message })
    this.#tail.push(message)
    this.#tailBytes += message.length
    while (this.#tailBytes - this.#tail[0]!.length >= TAIL_BYTES) this.#tailBytes -= this.#tail.shift()!.length
  }

  #toTerminal(level: LogEntry['level'], message: string): void {
    const { context, configuration } = this.#options
    context.log({ source: configuration.name, level, message })
  }
}
