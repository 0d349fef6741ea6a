import type { LogEntry } from '../../../context.ts'

/** The `workerData` of a worker thread. */
export interface RuntimeStart {
  /** One Int32: 0 while the environment is frozen, 1 when an invocation lies in its message port. */
  readonly gate: SharedArrayBuffer
  /** One Float64: the milliseconds by which the local cloud's clock is ahead of the machine's, see `Clock.offset`. */
  readonly clockOffset?: SharedArrayBuffer
  /** The folder of the function's code. */
  readonly taskRoot: string
  /** Like `index.handler`. */
  readonly handler: string
  /** Like `nodejs24.x`. */
  readonly runtime: string
  readonly functionArn: string
  /** The folders that are `/opt` on AWS. */
  readonly layerFolders?: readonly string[]
  /** True if the function may reach AWS itself. */
  readonly allowRealAws?: boolean
  readonly logging: LogSettings
}

export interface LogSettings {
  readonly format: 'JSON' | 'Text'
  /** The lowest level that is written. JSON format only, as on AWS. */
  readonly level: LogLevel
}

export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

export const SYSTEM_LOG_LEVELS = ['DEBUG', 'INFO', 'WARN'] as const

export type SystemLogLevel = (typeof SYSTEM_LOG_LEVELS)[number]

/** Sent to the worker thread. It is posted before the gate opens, so a thawed thread always finds it. */
export interface InvokeMessage {
  readonly requestId: string
  readonly timeoutMs: number
  /** The event, as JSON. */
  readonly payload: string
}

/** Sent from the worker thread. */
export type RuntimeMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'initFailed'; readonly payload: string }
  | {
      readonly type: 'answer'
      readonly payload: string
      /** True if the payload is an error. */
      readonly failed: boolean
      readonly durationMs: number
    }
  | { readonly type: 'log'; readonly level: LogEntry['level']; readonly line: string }
  /** Nothing is left that could settle the handler's promise: Node.js is about to exit. */
  | { readonly type: 'unsettled' }
