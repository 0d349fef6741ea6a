import { PROTOCOL_VERSION } from '../../../protocol/wire/rest.ts'
import type { PlatformInfo } from '../../../protocol/wire/rest.ts'
import { JobwireError } from '../api/errors.ts'
import { clientClosedError, errorFromWire, isTransientCode } from '../api/error-codes.ts'
import { ANSWER_MS, backoffMs, MAX_SENDS } from '../time/pace.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { ConnectOptions } from '../api/types.ts'
import { waitWithin } from '../time/wait.ts'

const CODE_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'THROTTLED',
}

export interface RequestOptions {
  readonly body?: string | undefined
  /** Cancels the request once nobody waits for it any longer. */
  readonly signal?: AbortSignal | undefined
  readonly maxSends?: number
  /** Called before each send but the first. */
  readonly onResend?: (() => void) | undefined
}

/** The REST side of the platform. Every request may be sent again: submits carry the client's own ids. */
export class RestClient {
  readonly #url: string
  readonly #token: ConnectOptions['token']
  readonly #clock: Clock
  readonly #random: () => number
  readonly #closing = new AbortController()

  constructor(url: string, token: ConnectOptions['token'], clock: Clock, random: () => number) {
    this.#url = url
    this.#token = token
    this.#clock = clock
    this.#random = random
  }

  async token(): Promise<string> {
    const token = this.#token
    try {
      return typeof token === 'string' ? token : await token()
    } catch (error) {
      throw new JobwireError('TOKEN_FAILED', 'The token callback failed.', { cause: error })
    }
  }

  /** Asks what the deployment is. Proves that the token is accepted and that both sides speak the same protocol. */
  async fetchInfo(maxSends: number): Promise<PlatformInfo> {
    const info = await this.call<Partial<PlatformInfo> | null>('GET', '/', { maxSends })
    if (info?.protocol !== PROTOCOL_VERSION || typeof info.socketUrl !== 'string') {
      const message = `${this.#url} does not speak protocol ${PROTOCOL_VERSION}: check the URL.`
      throw new JobwireError('BAD_ANSWER', message)
    }
    return info as PlatformInfo
  }

  close(): void {
    this.#closing.abort()
  }

  /** Calls any route. */
  async call<Answer>(
    method: string,
    path: string,
    { body, signal, maxSends = MAX_SENDS, onResend }: RequestOptions = {},
  ): Promise<Answer> {
    for (let sends = 1; ; sends++) {
      try {
        return (await this.#send(method, path, body, signal)) as Answer
      } catch (error) {
        // Nothing is sent once the client is closed.
        if (this.#closing.signal.aborted) throw clientClosedError()
        const { code } = error as JobwireError
        if (sends >= maxSends || signal?.aborted || !isTransientCode(code)) throw error
      }
      onResend?.()
      const pause = { timeout: backoffMs(sends, this.#random), signal: this.#closing.signal }
      await waitWithin(this.#clock, pause, undefined, () => undefined).catch(() => {})
      signal?.throwIfAborted()
    }
  }

  #send(method: string, path: string, body?: string, signal?: AbortSignal): Promise<unknown> {
    const limits = { timeout: ANSWER_MS, signal: this.#closing.signal }
    return waitWithin(this.#clock, limits, undefined, (resolve, reject) => {
      const abort = new AbortController()
      // Only one request has that signal, so the listener needs no removal.
      signal?.addEventListener('abort', () => abort.abort())
      this.#fetch(method, path, body, abort.signal).then(resolve, reject)
      return () => abort.abort()
    })
  }

  async #fetch(method: string, path: string, body: string | undefined, signal: AbortSignal): Promise<unknown> {
    const authorization = `Bearer ${await this.token()}`
    try {
      const response = await fetch(this.#url + path, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        body: body ?? null,
        signal,
      })
      return this.#parseAnswer(response.status, await response.text())
    } catch (cause) {
      if (JobwireError.is(cause)) throw cause
      throw new JobwireError('UNREACHABLE', `${this.#url} could not be reached.`, { cause })
    }
  }

  #parseAnswer(status: number, text: string): unknown {
    let answer: unknown
    try {
      answer = JSON.parse(text)
    } catch {
      // The error page of a proxy is not JSON. The status decides below.
    }
    if (status === 204 || (status < 300 && Object(answer) === answer)) return answer
    const error = (answer as { error?: { code?: unknown } } | undefined)?.error
    if (typeof error?.code === 'string') throw errorFromWire(error as Parameters<typeof errorFromWire>[0])
    const code = CODE_BY_STATUS[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'BAD_ANSWER')
    throw new JobwireError(code, `${this.#url} answered ${status}: check the URL.`)
  }
}

export function jobPath(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`
}
