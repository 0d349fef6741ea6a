import type { JobWebhook } from '../job/job.ts'
import { isDeeperThan } from '../kit/json-depth.ts'
import { MAX_PAYLOAD_DEPTH, MAX_WEBHOOK_DATA_BYTES, MAX_WEBHOOK_URL_LENGTH } from '../kit/limits.ts'
import type { Parsed } from '../kit/parsed.ts'
import { accept, parseJson, refuse } from '../kit/parsed.ts'
import type { FieldCheck } from '../kit/parse-field.ts'
import { fields, isObject, text } from '../kit/parse-field.ts'
import { exceedsUtf8 } from '../kit/utf8.ts'
import type { WebhookMessage } from './webhook.ts'

const EXAMPLE = '{"url": "https://example.com/jobs", "data": {"order": 17}}'

const checkWebhookFields = fields({ url: checkUrl, data: checkData })

/** Checks the field `webhook` of a submit or a publish. Each deployment decides for itself which addresses it calls. */
export const webhook: FieldCheck = (value, path, field) => {
  const refusal = checkWebhookFields(value, path, field)
  if (refusal !== undefined) return refusal
  if ((value as Partial<JobWebhook>).url !== undefined) return undefined
  return refuse(
    'INVALID_REQUEST',
    `The field "${field}.url" is missing. Send an object like ${EXAMPLE}.`,
    `${path}.url`,
  )
}

function checkUrl(value: unknown, path: string, field: string): ReturnType<FieldCheck> {
  const refusal = text(MAX_WEBHOOK_URL_LENGTH)(value, path, field)
  if (refusal !== undefined) return refusal
  const url = parseUrl(value as string)
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return refuse('INVALID_WEBHOOK', `The field "${field}" must be a full URL like "https://example.com/jobs".`, path)
  }
  if (url.username !== '' || url.password !== '') {
    const message = `The field "${field}" must not have a user name or a password: the signature shows who sends a webhook.`
    return refuse('INVALID_WEBHOOK', message, path)
  }
  if (url.hash === '') return undefined
  return refuse(
    'INVALID_WEBHOOK',
    `The field "${field}" must not have a fragment ("#…"): a request never carries it.`,
    path,
  )
}

function checkData(value: unknown, path: string, field: string): ReturnType<FieldCheck> {
  if (isDeeperThan(value, MAX_PAYLOAD_DEPTH)) {
    return refuse('INVALID_REQUEST', `The field "${field}" is nested more than ${MAX_PAYLOAD_DEPTH} levels deep.`, path)
  }
  if (!exceedsUtf8(JSON.stringify(value), MAX_WEBHOOK_DATA_BYTES)) return undefined
  const message = `The field "${field}" is larger than ${MAX_WEBHOOK_DATA_BYTES / 1024} KB as JSON. Send an id in place of large data.`
  return refuse('PAYLOAD_TOO_LARGE', message, path)
}

/** Reads a URL as browsers do, so that `http://0x7f.1/` is `127.0.0.1`. Returns undefined if it is not a URL. */
export function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

/** Reads the body of a message in the webhook queue. Only our own functions write there. */
export function parseWebhookMessage(body: string): Parsed<WebhookMessage> {
  const json = parseJson(body, 'The message')
  if (!json.ok) return json
  const message = json.value
  const isOurs =
    isObject(message) &&
    message['v'] === 1 &&
    ['webhookId', 'namespace', 'jobId', 'url'].every((name) => typeof message[name] === 'string') &&
    typeof message['createdAt'] === 'number' &&
    ['attemptsMade', 'dueAt'].every((name) => ['number', 'undefined'].includes(typeof message[name])) &&
    isObject(message['event'])
  return isOurs
    ? accept(message as unknown as WebhookMessage)
    : refuse('INVALID_REQUEST', 'The message is not a webhook of this version.')
}
