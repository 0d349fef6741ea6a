import type { ErrorCode, WireError } from './errors.ts'

/** What came of reading something from outside: the value, or an error that can be sent back as it is. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: WireError }

export function accept<Value>(value: Value): Parsed<Value> {
  return { ok: true, value }
}

export function refuse(code: ErrorCode, message: string, path?: string): { ok: false; error: WireError } {
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
