import type { Client } from './client.ts'
import { JobwireError } from './errors.ts'
import { checkOptions, encodeJson } from './input.ts'
import { WAIT_OPTIONS } from './job-handle.ts'
import type { WaitOptions } from './types.ts'
import { waitWithin } from './wait.ts'

/** One REST request, within a time limit and under a signal. */
export async function request<Answer>(
  client: Client,
  method: string,
  path: string,
  options: WaitOptions = {},
  body?: string,
): Promise<Answer> {
  checkOptions(options, WAIT_OPTIONS)
  const { timeout, signal } = client.withDefaults(options)
  return waitWithin<Answer>(client.timers, { timeout, signal }, undefined, (resolve, reject) => {
    const abort = new AbortController()
    client.rest.call<Answer>(method, path, body, abort.signal).then(resolve, reject)
    return () => abort.abort()
  })
}

/** A body as JSON. What cannot be written is no request. */
export function encodePlain(what: string, body: unknown): string {
  if (typeof body !== 'object' || body === null) {
    throw new JobwireError('INVALID_OPTION', `${what} must be an object.`)
  }
  return encodeJson(body, what, 'INVALID_OPTION')
}
