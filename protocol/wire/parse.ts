import * as v from 'valibot'
import type { CancelFrame, ClientFrame, PingFrame, SubscribeFrame } from './frames.ts'
import { CLIENT_FRAME_TYPES } from './frames.ts'
import type { JobRequest } from '../job/job.ts'
import { MAX_IDS_PER_FRAME, MAX_JOBS_PER_FRAME, MAX_JOBS_PER_REQUEST } from '../kit/limits.ts'
import type { Parsed, Refusal } from '../kit/parsed.ts'
import { accept, parseJson, refuse } from '../kit/parsed.ts'
import type { Subject } from '../kit/parse-issue.ts'
import { explain } from '../kit/parse-issue.ts'
import { mayBeUnstorable, refuseUnstorable } from '../kit/whole-characters.ts'
import { parseId, parseJobRequest } from '../submit/parse-job.ts'
import { PRIORITIES } from '../job/priority.ts'
import type { QueueMessage } from '../job/queue-message.ts'
import { shortenText } from '../kit/shorten-text.ts'

/** A submit with a valid envelope. Each job was read by itself, so that an invalid one does not affect the others. */
export interface ParsedSubmit {
  readonly jobs: readonly Parsed<JobRequest>[]
}

export interface ParsedSubmitFrame extends ParsedSubmit {
  readonly type: 'submit'
  readonly ref: number
}

export type ParsedFrame = ParsedSubmitFrame | SubscribeFrame | CancelFrame | PingFrame

/** A frame, or a refusal. It has the `ref` of the frame if there was one, so that the client knows which failed. */
export type FrameResult = { readonly ok: true; readonly value: ParsedFrame } | (Refusal & { readonly ref?: number })

const REF = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const FRAMES = {
  submit: v.strictObject({ type: v.literal('submit'), ref: REF, jobs: v.pipe(v.array(v.unknown()), v.minLength(1)) }),
  subscribe: v.strictObject({
    type: v.literal('subscribe'),
    ref: REF,
    ids: v.pipe(v.array(v.unknown()), v.minLength(1)),
  }),
  cancel: v.strictObject({ type: v.literal('cancel'), ref: REF, ids: v.pipe(v.array(v.unknown()), v.minLength(1)) }),
  ping: v.strictObject({ type: v.literal('ping'), ref: REF }),
} satisfies Record<ClientFrame['type'], unknown>

const FRAME_EXAMPLES: Record<ClientFrame['type'], string> = {
  submit: '{"type": "submit", "ref": 1, "jobs": [{"task": "greet"}]}',
  subscribe: '{"type": "subscribe", "ref": 2, "ids": ["01k5…"]}',
  cancel: '{"type": "cancel", "ref": 3, "ids": ["01k5…"]}',
  ping: '{"type": "ping", "ref": 4}',
}

/**
 * Reads one message that a client sent over the socket.
 *
 * @example
 * parseClientFrame('{"type":"ping","ref":1}') // { ok: true, value: { type: 'ping', ref: 1 } }
 * parseClientFrame('{"type":"pong","ref":1}') // { ok: false, error: { code: 'UNKNOWN_FRAME', … }, ref: 1 }
 */
export function parseClientFrame(text: string): FrameResult {
  const json = parseJson(text, 'The frame')
  if (!json.ok) return json
  const parsed = readFrame(json.value, mayBeUnstorable(text))
  if (parsed.ok) return parsed
  const ref = readRef(json.value)
  return ref === undefined ? parsed : { ...parsed, ref }
}

function readFrame(value: unknown, suspect: boolean): Parsed<ParsedFrame> {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined
  if (type === undefined) {
    return refuse('INVALID_REQUEST', `A frame must be an object like ${FRAME_EXAMPLES.ping}.`, 'type')
  }
  if (!isFrameType(type)) {
    const shown = shortenText(JSON.stringify(type), 40)
    return refuse(
      'UNKNOWN_FRAME',
      `There is no frame type ${shown}. Send one of: ${CLIENT_FRAME_TYPES.join(', ')}.`,
      'type',
    )
  }
  const schema = FRAMES[type]
  const subject = { name: `A ${type} frame`, fields: Object.keys(schema.entries), example: FRAME_EXAMPLES[type] }
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (!result.success) return explain(result.issues[0], subject)
  const frame = result.output
  if (frame.type === 'submit') return readSubmitFrame(frame, suspect)
  if (frame.type === 'subscribe' || frame.type === 'cancel') return readIds(frame)
  return accept(frame)
}

function readSubmitFrame(
  frame: { type: 'submit'; ref: number; jobs: unknown[] },
  suspect: boolean,
): Parsed<ParsedFrame> {
  if (frame.jobs.length > MAX_JOBS_PER_FRAME) {
    const advice = `send at most ${MAX_JOBS_PER_FRAME} in one frame, or up to ${MAX_JOBS_PER_REQUEST} by POST /jobs.`
    return refuse('PAYLOAD_TOO_LARGE', `Too many jobs (${frame.jobs.length}): ${advice}`, 'jobs')
  }
  return accept({ ...frame, jobs: readJobs(frame.jobs, suspect) })
}

function readIds(frame: { type: 'subscribe' | 'cancel'; ref: number; ids: unknown[] }): Parsed<ParsedFrame> {
  if (frame.ids.length > MAX_IDS_PER_FRAME) {
    const message = `Too many ids (${frame.ids.length}): send at most ${MAX_IDS_PER_FRAME} in one frame.`
    return refuse('PAYLOAD_TOO_LARGE', message, 'ids')
  }
  for (const [index, id] of frame.ids.entries()) {
    const parsed = parseId(id, `ids.${index}`)
    if (!parsed.ok) return parsed
  }
  return accept({ ...frame, ids: frame.ids as string[] })
}

const SUBMIT_MANY = v.strictObject({ jobs: v.pipe(v.array(v.unknown()), v.minLength(1)) })

const SUBMIT_BODY: Subject = {
  name: 'The body',
  fields: ['jobs'],
  example: '{"jobs": [{"task": "greet"}]} or {"task": "greet"}',
}

/** The jobs of a `POST /jobs`. `single` is true for one job by itself, which gets an answer of its own form. */
export interface ParsedSubmitBody extends ParsedSubmit {
  readonly single: boolean
}

/**
 * Reads the body of `POST /jobs`. Only an invalid envelope is refused as a whole.
 *
 * @example
 * parseSubmitBody('{"jobs":[{"task":"greet"},{"taks":"greet"}]}')
 * // { ok: true, value: { single: false, jobs: [{ ok: true, … }, { ok: false, error: … path: 'jobs.1.task' }] } }
 */
export function parseSubmitBody(text: string): Parsed<ParsedSubmitBody> {
  const json = parseJson(text, 'The body')
  if (!json.ok) return json
  const body = json.value
  const suspect = mayBeUnstorable(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return refuse('INVALID_REQUEST', `The body must be an object like ${SUBMIT_BODY.example}.`)
  }
  if (!Object.hasOwn(body, 'jobs')) return accept({ single: true, jobs: [readJob(body, '', suspect)] })
  const result = v.safeParse(SUBMIT_MANY, body, { abortEarly: true })
  if (!result.success) return explain(result.issues[0], SUBMIT_BODY)
  const { jobs } = result.output
  if (jobs.length > MAX_JOBS_PER_REQUEST) {
    const message = `Too many jobs for one request (${jobs.length}): send at most ${MAX_JOBS_PER_REQUEST}.`
    return refuse('PAYLOAD_TOO_LARGE', message, 'jobs')
  }
  return accept({ single: false, jobs: readJobs(jobs, suspect) })
}

/** During a deployment, a message of a newer version may have more fields. They are left out. */
const QUEUE_MESSAGE = v.object({
  v: v.literal(1),
  id: v.string(),
  namespace: v.string(),
  task: v.string(),
  input: v.unknown(),
  inputRef: v.optional(v.object({ key: v.string(), bytes: v.number() })),
  queue: v.string(),
  priority: v.picklist(PRIORITIES),
  createdAt: v.number(),
  expiresAt: v.number(),
  attempts: v.optional(v.number()),
  backoffInitialMs: v.optional(v.number()),
  backoffCapMs: v.optional(v.number()),
  timeoutMs: v.optional(v.number()),
  startBy: v.optional(v.number()),
  group: v.optional(v.string()),
  origin: v.optional(v.string()),
  rescue: v.optional(v.literal(true)),
  lost: v.optional(v.object({ run: v.number(), receives: v.number(), waits: v.number() })),
})

const MESSAGE: Subject = {
  name: 'A job message',
  fields: Object.keys(QUEUE_MESSAGE.entries),
  example: '{"v": 1, "id": "01k5…", "namespace": "acme", "task": "greet", …}',
}

/** Reads the body of a message in a job queue. Only our own functions write there, so an error means a bug. */
export function parseQueueMessage(text: string): Parsed<QueueMessage> {
  const json = parseJson(text, 'The message')
  if (!json.ok) return json
  const result = v.safeParse(QUEUE_MESSAGE, json.value, { abortEarly: true })
  if (!result.success) return explain(result.issues[0], MESSAGE)
  const message = result.output
  const id = parseId(message.id, 'id')
  if (!id.ok) return id
  const namespace = parseId(message.namespace, 'namespace')
  return namespace.ok ? accept(message as QueueMessage) : namespace
}

/** `suspect` is true if some job may have half a character. Only that job is refused. */
function readJobs(jobs: readonly unknown[], suspect: boolean): Parsed<JobRequest>[] {
  return jobs.map((job, index) => readJob(job, `jobs.${index}.`, suspect))
}

function readJob(job: unknown, prefix: string, suspect: boolean): Parsed<JobRequest> {
  const parsed = parseJobRequest(job, prefix)
  return (parsed.ok && suspect && refuseUnstorable(job, prefix)) || parsed
}

function isFrameType(type: unknown): type is ClientFrame['type'] {
  return (CLIENT_FRAME_TYPES as readonly unknown[]).includes(type)
}

function readRef(value: unknown): number | undefined {
  const ref = (value as { ref?: unknown } | null)?.ref
  return v.is(REF, ref) ? ref : undefined
}
