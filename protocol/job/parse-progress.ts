import type { JobProgress } from './job.ts'
import { isDeeperThan } from '../kit/json-depth.ts'
import { MAX_PAYLOAD_DEPTH, MAX_PROGRESS_BYTES } from '../kit/limits.ts'
import type { Parsed } from '../kit/parsed.ts'
import { accept, refuse } from '../kit/parsed.ts'
import { exceedsUtf8 } from '../kit/utf8.ts'
import { shortenText } from '../kit/shorten-text.ts'

const FIELDS = ['percent', 'message', 'data']
const EXAMPLE = '{"percent": 40, "message": "page 2 of 5", "data": {"page": 2}}'

/** Reads the progress that a task or a publisher reports. `path` names it in errors, like `progress`. */
export function parseProgress(value: unknown, path: string): Parsed<JobProgress> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('INVALID_REQUEST', `"${path}" must be an object like ${EXAMPLE}.`, path)
  }
  const { percent, message } = value as Record<string, unknown>
  const strange = Object.keys(value).find((field) => !FIELDS.includes(field))
  if (strange !== undefined) {
    const shown = shortenText(strange, 40)
    const text = `"${path}" has no field ${JSON.stringify(shown)}. It may have: ${FIELDS.join(', ')}.`
    return refuse('INVALID_REQUEST', text, `${path}.${shown}`)
  }
  if (percent !== undefined && !(typeof percent === 'number' && percent >= 0 && percent <= 100)) {
    return refuse('INVALID_REQUEST', `"${path}.percent" must be a number from 0 to 100.`, `${path}.percent`)
  }
  if (message !== undefined && typeof message !== 'string') {
    return refuse('INVALID_REQUEST', `"${path}.message" must be a string.`, `${path}.message`)
  }
  return copyAsJson(value, path)
}

function copyAsJson(value: object, path: string): Parsed<JobProgress> {
  let json: string
  try {
    json = JSON.stringify(value)
  } catch {
    return refuse('INVALID_REQUEST', `"${path}.data" cannot be written as JSON.`, `${path}.data`)
  }
  if (exceedsUtf8(json, MAX_PROGRESS_BYTES)) {
    const text = `"${path}" is too large: at most ${MAX_PROGRESS_BYTES / 1024} KB as JSON. Results belong in the output.`
    return refuse('PAYLOAD_TOO_LARGE', text, path)
  }
  // A copy: the caller's own object may change before it is stored.
  const progress = JSON.parse(json) as JobProgress
  if (!isDeeperThan(progress.data, MAX_PAYLOAD_DEPTH)) return accept(progress)
  return refuse(
    'INVALID_REQUEST',
    `"${path}.data" is nested more than ${MAX_PAYLOAD_DEPTH} levels deep.`,
    `${path}.data`,
  )
}
