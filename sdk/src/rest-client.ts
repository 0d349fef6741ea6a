import type { JobRecord, JobUpdate, SubmitOutcome } from '../../protocol/job.ts'
import { PROTOCOL_VERSION } from '../../protocol/rest.ts'
import type { GetJobAnswer, JobUpdateAnswer, PlatformInfo } from '../../protocol/rest.ts'
import { clientClosed, fromWire, isTransient, JobwireError } from './errors.ts'
import { ANSWER_MS, backoffMs, MAX_SENDS } from './pace.ts'
import type { Timers } from './timers.ts'
import type { ConnectOptions } from './types.ts'

const CODE_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'THROTTLED',
}

/** The REST side of the platform. Every request may be sent again: submits carry the client's own ids. */
export class RestClient {
  readonly #url: string
  readonly #token: ConnectOptions['token']
  readonly #timers: Timers
  readonly #random: () => number
  readonly #closing = new AbortController()

  constructor(url: string, token: ConnectOptions['token'], timers: Timers, random: () => number) {
    this.#url = url
    this.#token = token
    this.#timers = timers
    this.#random = random
  }

  async token(): Promise<string> {
    if (typeof this.#token === 'string') return this.#token
    try {
      return await this.#token()
    } catch (error) {
      throw new JobwireError('TOKEN_FAILED', 'The token callback failed; its error is the cause.', { cause: error })
    }
  }

  /** What the deployment is; proves that the token is accepted and that both sides speak the same protocol. */
  async info(maxSends: number): Promise<PlatformInfo> {
    const info = (await this.#request('GET', '/', undefined, maxSends)) as Partial<PlatformInfo> | null
    if (info?.protocol !== PROTOCOL_VERSION || typeof info.socketUrl !== 'string') {
      const spoken = info?.protocol === undefined ? 'no Jobwire protocol' : `protocol ${info.protocol}`
      throw new JobwireError(
        'BAD_ANSWER',
        `${this.#url} speaks ${spoken}, this SDK speaks ${PROTOCOL_VERSION}: check the URL and the SDK's version.`,
      )
    }
    return info as PlatformInfo
  }

  async job(id: string): Promise<JobRecord> {
    return ((await this.#request('GET', `/jobs/${encodeURIComponent(id)}`)) as GetJobAnswer).job
  }

  async cancel(id: string): Promise<JobUpdate> {
    return ((await this.#request('POST', `/jobs/${encodeURIComponent(id)}/cancel`)) as JobUpdateAnswer).job
  }

  async submit(json: string): Promise<SubmitOutcome> {
    return (await this.#request('POST', '/jobs', json)) as SubmitOutcome
  }

  close(): void {
    this.#closing.abort()
  }

  async #request(method: string, path: string, body?: string, maxSends = MAX_SENDS): Promise<unknown> {
    for (let sends = 1; ; sends++) {
      if (this.#closing.signal.aborted) throw clientClosed()
      try {
        return await this.#send(method, path, body)
      } catch (error) {
        if (this.#closing.signal.aborted) throw clientClosed()
        const { code } = error as JobwireError
        if (sends >= maxSends || !(code === 'UNREACHABLE' || isTransient(code))) throw error
      }
      await this.#pause(backoffMs(sends, this.#random))
    }
  }

  async #send(method: string, path: string, body?: string): Promise<unknown> {
    const token = await this.token()
    const abort = new AbortController()
    const onClose = () => abort.abort()
    this.#closing.signal.addEventListener('abort', onClose)
    const cancelTimer = this.#timers.after(ANSWER_MS, onClose)
    try {
      const response = await fetch(this.#url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body ?? null,
        signal: abort.signal,
      })
      return this.#read(response.status, await response.text())
    } catch (error) {
      if (JobwireError.is(error)) throw error
      throw new JobwireError('UNREACHABLE', `${this.#url} could not be reached: check the URL and the network.`, {
        cause: error,
      })
    } finally {
      cancelTimer()
      this.#closing.signal.removeEventListener('abort', onClose)
    }
  }

  #read(status: number, text: string): unknown {
    let answer: unknown
    try {
      answer = JSON.parse(text)
    } catch {
      // Told apart below by its status: a proxy's error page is no JSON.
    }
    if (status < 300 && typeof answer === 'object' && answer !== null) return answer
    const error = (answer as { error?: { code?: unknown } } | undefined)?.error
    if (typeof error?.code === 'string') throw fromWire(error as Parameters<typeof fromWire>[0])
    const code = CODE_BY_STATUS[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'BAD_ANSWER')
    throw new JobwireError(code, `${this.#url} answered ${status} without a Jobwire body: check the URL.`)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#timers.after(ms, () => {
        this.#closing.signal.removeEventListener('abort', onClose)
        resolve()
      })
      const onClose = () => {
        cancel()
        reject(clientClosed())
      }
      this.#closing.signal.addEventListener('abort', onClose, { once: true })
    })
  }
}
