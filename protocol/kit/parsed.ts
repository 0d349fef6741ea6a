import type { ErrorCode, WireError } from './errors.ts'

/** The platform says no to a request. The error can be sent back as it is. */
export interface Refusal {
  readonly ok: false
  readonly error: WireError
}

/** The result of reading something from outside, and of every use case that may refuse: the value, or the refusal. */
export type Parsed<Value> = { readonly ok: true; readonly value: Value } | Refusal

export function accept<Value>(value: Value): Parsed<Value> {
  return { ok: true, value }
}

export function refuse(code: ErrorCode, message: string, path?: string): Refusal {
  return { ok: false, error: path === undefined ? { code, message } : { code, message, path } }
}

/** Reads JSON text. `what` names it in the error: "The frame", "The body". */
export function parseJson(text: string, what: string): Parsed<unknown> {
  try {
    return accept(JSON.parse(text) as unknown)
  } catch {
    return refuse('INVALID_JSON', `${what} is not valid JSON: send one JSON object, encoded as UTF-8.`)
  }
}
