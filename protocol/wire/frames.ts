import type { WireError } from '../kit/errors.ts'
import type { CancelOutcome, JobRequest, JobUpdate, RefusedWatch, SubmitOutcome } from '../job/job.ts'

/**
 * The frames of the socket, each one JSON object in one text message. `ref` is chosen by the client and
 * comes back in the answer; frames without a `ref` are pushes. Order is not guaranteed in either direction:
 * a push may come before the answer to the submit that caused it.
 */

/** Submits jobs and watches them. The answer is `accepted`, or `error` if the frame was refused as a whole. */
export interface SubmitFrame {
  readonly type: 'submit'
  readonly ref: number
  readonly jobs: readonly JobRequest[]
}

/**
 * Watches jobs, known or not yet known. The answer is `state`, with the state of the known ones, or `error` if no job
 * could be watched.
 */
export interface SubscribeFrame {
  readonly type: 'subscribe'
  readonly ref: number
  readonly ids: readonly string[]
}

/** Cancels jobs that have not ended. The answer is `cancelled`. */
export interface CancelFrame {
  readonly type: 'cancel'
  readonly ref: number
  readonly ids: readonly string[]
}

/** Keeps the connection open beyond the idle limit of ten minutes. The answer is `pong`. */
export interface PingFrame {
  readonly type: 'ping'
  readonly ref: number
}

export type ClientFrame = SubmitFrame | SubscribeFrame | CancelFrame | PingFrame

export interface AcceptedFrame {
  readonly type: 'accepted'
  readonly ref: number
  /** One outcome for each job of the submit, in its order. */
  readonly jobs: readonly SubmitOutcome[]
}

export interface StateFrame {
  readonly type: 'state'
  readonly ref: number
  /** The known jobs. Updates of the others follow as pushes once somebody submits them. */
  readonly jobs: readonly JobUpdate[]
  /** The jobs that are not watched, if there are any: subscribe to them again after a moment. */
  readonly refused?: readonly RefusedWatch[]
}

export interface CancelledFrame {
  readonly type: 'cancelled'
  readonly ref: number
  /** The outcome for each job, in the order of the ids. A job that had ended before stays as it was. */
  readonly jobs: readonly CancelOutcome[]
}

export interface PongFrame {
  readonly type: 'pong'
  readonly ref: number
}

export interface ErrorFrame {
  readonly type: 'error'
  readonly ref?: number
  readonly error: WireError
}

/** A push: jobs that this session watches have changed. */
export interface JobsFrame {
  readonly type: 'jobs'
  readonly jobs: readonly JobUpdate[]
}

export type ServerFrame = AcceptedFrame | StateFrame | CancelledFrame | PongFrame | ErrorFrame | JobsFrame

export const CLIENT_FRAME_TYPES = ['submit', 'subscribe', 'cancel', 'ping'] as const
export const SERVER_FRAME_TYPES = ['accepted', 'state', 'cancelled', 'pong', 'error', 'jobs'] as const

/** The codes with which a connection ends: those of the WebSocket standard, as API Gateway uses them. */
export const CLOSE_CODES = {
  1000: 'The client closed the connection.',
  1001: 'The platform ended the connection: idle for ten minutes, or two hours old. Connect again and subscribe.',
  1002: 'The client broke the rules of WebSocket frames.',
  1003: 'The client sent a binary message.',
  1007: 'A text message was not UTF-8.',
  1009: 'A frame over 32 KB or a message over 128 KB was sent.',
} as const
