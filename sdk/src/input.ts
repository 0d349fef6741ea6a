import { ID_PATTERN } from '../../protocol/id.ts'
import { MAX_PAYLOAD_BYTES } from '../../protocol/limits.ts'
import { carriedBytes, exceedsPayload } from '../../protocol/payload.ts'
import { PRIORITIES } from '../../protocol/priority.ts'
import { durationMs } from '../../protocol/policy.ts'
import { JobwireError } from './errors.ts'
import type { ConnectOptions, SubmitOptions, WaitOptions } from './types.ts'

const encoder = new TextEncoder()

export function utf8Bytes(text: string): number {
  return encoder.encode(text).length
}

function invalidOption(message: string, cause?: unknown): JobwireError {
  return new JobwireError('INVALID_OPTION', message, { cause })
}

/** Refuses an option that is not known: a misspelt `timeuot` would otherwise be no timeout at all. */
export function checkOptions(options: unknown, known: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) throw invalidOption('The options must be an object.')
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalidOption(`There is no option "${name}"; there are: ${known.join(', ')}.`)
  }
}

/** Checks what `connect` was given; the answer is the URL without trailing slashes. */
export function checkConnectOptions(options: ConnectOptions): string {
  checkOptions(options ?? {}, ['url', 'token'])
  const { url, token } = options ?? {}
  if (typeof url !== 'string' || !/^https?:\/\/./.test(url)) {
    throw invalidOption('"url" must be the REST address of the deployment, like "https://….amazonaws.com/v1".')
  }
  if (typeof token !== 'function' && (typeof token !== 'string' || token === '')) {
    throw invalidOption('"token" must be a string, or a function that gives one.')
  }
  return url.replace(/\/+$/, '')
}

export function checkId(id: unknown): void {
  if (typeof id !== 'string' || !ID_PATTERN.test(id)) {
    throw new JobwireError('INVALID_ID', 'An id is a string of letters, digits and . _ : - and at most 128 of them.')
  }
}

/** Milliseconds of a `timeout`, undefined for none. */
export function timeoutMs({ timeout, signal }: WaitOptions): number | undefined {
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw invalidOption('"signal" must be an AbortSignal.')
  }
  if (timeout === undefined) return undefined
  try {
    return durationMs(timeout)
  } catch (error) {
    throw invalidOption(`"timeout": ${(error as Error).message}`, error)
  }
}

/** One job of a submit as JSON, checked as far as can be without the deployment. */
export function encodeJob(id: string, task: string, input: unknown, options: SubmitOptions & WaitOptions = {}): string {
  const { runTimeout, timeout: _wait, signal: _signal, ...fields } = options
  const { priority } = fields
  if (typeof task !== 'string' || task === '') throw invalidOption('The first argument must be the name of a task.')
  checkId(id)
  if (priority !== undefined && !PRIORITIES.includes(priority)) {
    throw invalidOption(`"priority" must be one of ${PRIORITIES.join(', ')}.`)
  }
  const head = JSON.stringify({ ...fields, id, task, timeout: runTimeout })
  if (input === undefined) return head
  const json = encodeInput(task, input)
  if (exceedsPayload(json)) {
    const bytes = carriedBytes(json)
    const message = `The input of "${task}" is ${bytes} bytes as JSON, quotes and backslashes counted twice; the limit is ${MAX_PAYLOAD_BYTES}. Store it elsewhere and send its address.`
    throw new JobwireError('PAYLOAD_TOO_LARGE', message, { jobId: id })
  }
  return `${head.slice(0, -1)},"input":${json}}`
}

function encodeInput(task: string, input: unknown): string {
  try {
    return JSON.stringify(input, function (this: unknown, key, value: unknown) {
      const fault = faultOf(value, Array.isArray(this))
      if (fault !== undefined) throw new TypeError(`${key === '' ? 'it' : `"${key}"`} is ${fault}`)
      return value
    })
  } catch (error) {
    const why = (error as Error).message
    throw new JobwireError('INPUT_NOT_JSON', `The input of "${task}" cannot be sent as JSON: ${why}`, { cause: error })
  }
}

/** What JSON would drop, turn to null or to `{}` without a word. Undefined properties are dropped as usual. */
function faultOf(value: unknown, inArray: boolean): string | undefined {
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
