import type { JobProgress } from '../job/job.ts'
import { isDeeperThan } from '../kit/json-depth.ts'
import {
  MAX_ERROR_MESSAGE_LENGTH,
  MAX_PAYLOAD_BYTES,
  MAX_PAYLOAD_DEPTH,
  MAX_TASK_NAME_LENGTH,
  MAX_TTL_MS,
  MIN_TTL_MS,
} from '../kit/limits.ts'
import type { FieldCheck } from '../kit/parse-field.ts'
import { checkFields, duration, fields, flag, isObject, metadata, oneOf, tags, text } from '../kit/parse-field.ts'
import { isLargerThanPayload } from '../submit/parse-job.ts'
import { parseProgress } from '../job/parse-progress.ts'
import { webhook } from '../webhooks/parse-webhook.ts'
import type { Parsed, Refusal } from '../kit/parsed.ts'
import { accept, refuse } from '../kit/parsed.ts'
import { parseRequestJson } from '../kit/whole-characters.ts'
import type { PublishBody } from './publish.ts'
import { shortenText } from '../kit/shorten-text.ts'

const EXAMPLE = '{"status": "success", "output": {"pages": 3}} or {"progress": {"percent": 40}}'
/** The same codes that a task may give to its errors. */
const ERROR_CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

const CHECKS: Readonly<Record<string, FieldCheck>> = {
  task: text(MAX_TASK_NAME_LENGTH),
  metadata,
  tags,
  ttl: duration(MIN_TTL_MS, MAX_TTL_MS),
  webhook,
  progress: (value, path) => {
    const progress: Parsed<JobProgress> = parseProgress(value, path)
    return progress.ok ? undefined : progress
  },
  status: oneOf(['success', 'failed']),
  output: checkOutput,
  error: fields({ code: errorCode, message: text(MAX_ERROR_MESSAGE_LENGTH), retryable: flag }),
}

/**
 * Reads the body of `POST /jobs/{id}/publish`.
 *
 * @example
 * parsePublishBody('{"status":"failed"}') // { ok: false, error: { code: 'INVALID_REQUEST', path: 'error', … } }
 */
export function parsePublishBody(json: string): Parsed<PublishBody> {
  const parsed = parseRequestJson(json, 'The body')
  if (!parsed.ok) return parsed
  const body = parsed.value
  if (!isObject(body)) return refuse('INVALID_REQUEST', `The body must be an object like ${EXAMPLE}.`)
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(CHECKS, name))
  if (unknown !== undefined) {
    const shown = shortenText(unknown, 40)
    const known = Object.keys(CHECKS).join(', ')
    return refuse('INVALID_REQUEST', `There is no field "${shown}" here. A publish may have: ${known}.`, shown)
  }
  return checkFields(body, CHECKS, '') ?? checkEnd(body) ?? accept(body as PublishBody)
}

/** Checks that the body has `output` or `error` only with the status that it belongs to. */
function checkEnd({ status, output, error }: Readonly<Record<string, unknown>>): Refusal | undefined {
  if (output !== undefined && status !== 'success') {
    return refuse('INVALID_REQUEST', 'The field "output" needs "status": "success".', 'output')
  }
  if (status === 'failed') {
    const { code, message } = isObject(error) ? error : {}
    if (code !== undefined && message !== undefined) return undefined
    const example = '{"code": "OUT_OF_PAPER", "message": "Load tray 2."}'
    return refuse('INVALID_REQUEST', `A job that failed needs an "error" like ${example}.`, 'error')
  }
  if (error === undefined) return undefined
  return refuse('INVALID_REQUEST', 'The field "error" needs "status": "failed".', 'error')
}

function checkOutput(value: unknown, path: string): Refusal | undefined {
  if (isDeeperThan(value, MAX_PAYLOAD_DEPTH)) {
    const message = `The output is nested more than ${MAX_PAYLOAD_DEPTH} levels deep: publish flatter data.`
    return refuse('INVALID_REQUEST', message, path)
  }
  if (!isLargerThanPayload(value)) return undefined
  return refuse('PAYLOAD_TOO_LARGE', `The output is larger than ${MAX_PAYLOAD_BYTES / 1024 / 1024} MB as JSON.`, path)
}

function errorCode(value: unknown, path: string, field: string): Refusal | undefined {
  if (typeof value === 'string' && ERROR_CODE.test(value)) return undefined
  const rule = 'a code of 1 to 64 letters, digits and _ . - that begins with a letter'
  return refuse('INVALID_REQUEST', `The field "${field}" must be ${rule}, like "OUT_OF_PAPER".`, path)
}
