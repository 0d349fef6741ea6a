import { ID_PATTERN } from '../../../protocol/job/id.ts'
import { MAX_PAYLOAD_BYTES } from '../../../protocol/kit/limits.ts'
import { durationMs } from '../../../protocol/kit/policy.ts'
import type { ClientErrorCode } from './errors.ts'
import { JobwireError } from './errors.ts'
import type { ConnectOptions, SubmitOptions, WaitOptions } from './types.ts'

const encoder = new TextEncoder()

export function utf8Bytes(text: string): number {
  return encoder.encode(text).length
}

export function invalidOption(message: string): JobwireError {
  return new JobwireError('INVALID_OPTION', message)
}

/** Throws at an unknown option: without that, a misspelt `timeuot` would mean no timeout at all. */
export function checkOptions(options: unknown, known: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) throw invalidOption('The options must be an object.')
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalidOption(`There is no option "${name}"; there are: ${known.join(', ')}.`)
  }
}

/** The options of every call that waits. */
export const WAIT_OPTIONS = ['timeout', 'signal']

/** The options of a client's jobs and waits, which `connect` takes as `defaults`. */
const DEFAULT_OPTIONS =
  'priority attempts backoff runTimeout startWithin ttl metadata tags group webhook timeout'.split(' ')

/** The options of a submit: those of the job, and how long to wait for the answer. */
export const SUBMIT_OPTIONS = ['id', 'idempotencyKey', 'rerun', 'delay', 'signal', ...DEFAULT_OPTIONS]

/** Checks the options of `connect`. Returns the URL without trailing slashes, and the bounds of the cache. */
export function checkConnectOptions(options: ConnectOptions): { url: string; entries: number; ttlMs: number } {
  checkOptions(options ?? {}, ['url', 'token', 'cache', 'transport', 'defaults', 'timeout', 'signal'])
  const { url, token, cache = {}, defaults = {} } = options ?? {}
  checkOptions(defaults, DEFAULT_OPTIONS)
  timeoutMs(defaults)
  if (typeof url !== 'string' || !/^https?:\/\/./.test(url)) {
    throw invalidOption('"url" must be the REST address of the deployment, like "https://.../v1".')
  }
  if (typeof token !== 'function' && (typeof token !== 'string' || token === '')) {
    throw invalidOption('"token" must be a string, or a function that gives one.')
  }
  const bounds = cache === false ? { entries: 0 } : cache
  checkOptions(bounds, ['entries', 'ttl'])
  const { entries = 10_000, ttl = '1h' } = bounds
  if (!(entries >= 0)) throw invalidOption('"entries" must be 0 or more.')
  return { url: url.replace(/\/+$/, ''), entries, ttlMs: timeoutMs({ timeout: ttl }, 'ttl')! }
}

export function checkId(id: unknown): void {
  if (typeof id !== 'string' || !ID_PATTERN.test(id)) {
    throw new JobwireError('INVALID_ID', 'An id has letters, digits and . _ : -, at most 128.')
  }
}

/** Returns a `timeout` in milliseconds, or undefined if there is none. */
export function timeoutMs({ timeout, signal }: WaitOptions, name = 'timeout'): number | undefined {
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw invalidOption('"signal" must be an AbortSignal.')
  }
  if (timeout === undefined) return undefined
  try {
    return durationMs(timeout)
  } catch (error) {
    throw invalidOption(`"${name}": ${(error as Error).message}`)
  }
}

/** Writes one job of a submit as JSON, and checks it as far as that is possible without the deployment. */
export function encodeJob(id: string, task: string, input: unknown, options: SubmitOptions & WaitOptions = {}): string {
  const { runTimeout, timeout: _wait, signal: _signal, ...fields } = options
  if (typeof task !== 'string' || task === '') throw invalidOption('The first argument must name a task.')
  checkId(id)
  const head = encodeJson({ ...fields, id, task, timeout: runTimeout }, 'The options', 'INVALID_OPTION')
  if (input === undefined) return head
  const json = encodeJson(input, `The input of "${task}"`, 'INPUT_NOT_JSON')
  if (isTooLarge(json)) {
    const message = `The input of "${task}" is larger than ${MAX_PAYLOAD_BYTES} bytes as JSON. Send its address instead.`
    throw new JobwireError('PAYLOAD_TOO_LARGE', message, { jobId: id })
  }
  return `${head.slice(0, -1)},"input":${json}}`
}

/** Counts like the platform's own `exceedsPayload`, which is faster but longer: the bytes of the text within JSON. */
function isTooLarge(json: string): boolean {
  if (json.length > MAX_PAYLOAD_BYTES) return true
  return json.length * 3 > MAX_PAYLOAD_BYTES && utf8Bytes(JSON.stringify(json)) - 2 > MAX_PAYLOAD_BYTES
}

/** Writes JSON, and throws at a value that JSON would lose. `what` begins the message of the error. */
export function encodeJson(value: unknown, what: string, code: ClientErrorCode): string {
  try {
    return JSON.stringify(value, function (this: unknown, key, part: unknown) {
      const problem = jsonProblem(part, Array.isArray(this))
      if (problem) throw new TypeError(`${key === '' ? 'it' : `"${key}"`} is ${problem}`)
      return part
    })
  } catch (error) {
    throw new JobwireError(code, `${what} cannot be sent as JSON: ${(error as Error).message}`, { cause: error })
  }
}

/** Says what is wrong with a value that JSON would drop, or turn to null or `{}`. Undefined properties are dropped. */
function jsonProblem(value: unknown, inArray: boolean): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return inArray ? 'undefined; use null' : undefined
    case 'number':
      return Number.isFinite(value) ? undefined : String(value)
    case 'object': {
      const kind = Object.prototype.toString.call(value).slice(8, -1)
      return /^(Object|Array|Null|String|Number|Boolean)$/.test(kind) ? undefined : `a ${kind}; send plain data`
    }
    case 'string':
    case 'boolean':
      return undefined
    default:
      return `a ${typeof value}; send plain data`
  }
}
