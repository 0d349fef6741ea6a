import type { Client } from '../client/client.ts'
import { JobwireError } from '../api/errors.ts'
import { checkOptions, encodeJson } from '../api/input.ts'
import { WAIT_OPTIONS } from '../api/input.ts'
import type { WaitOptions } from '../api/types.ts'
import type { RequestOptions } from '../wire/rest-client.ts'
import { waitWithin } from '../time/wait.ts'

/** Makes one REST request, with a time limit and a signal. */
export async function request<Answer>(
  client: Client,
  method: string,
  path: string,
  options: WaitOptions = {},
  more: Pick<RequestOptions, 'body' | 'onResend'> = {},
): Promise<Answer> {
  checkOptions(options, WAIT_OPTIONS)
  return asOne(client, options, ({ signal }) => client.restClient.call<Answer>(method, path, { ...more, signal }))
}

/** Does work of any number of requests as one call: the time limit and the signal are for all of them together. */
export function asOne<Answer>(
  client: Client,
  options: WaitOptions,
  work: (limits: { readonly signal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  const { timeout, signal } = client.withDefaults(options)
  return waitWithin<Answer>(client.clock, { timeout, signal }, undefined, (resolve, reject) => {
    const abort = new AbortController()
    work({ signal: abort.signal }).then(resolve, reject)
    return () => abort.abort()
  })
}

/** Writes a body as JSON, or throws if it cannot be sent. */
export function encodePlain(what: string, body: unknown): string {
  if (typeof body !== 'object' || body === null) {
    throw new JobwireError('INVALID_OPTION', `${what} must be an object.`)
  }
  return encodeJson(body, what, 'INVALID_OPTION')
}
