import type { Json, JobRecord } from '../../../protocol/job/job.ts'
import { MAX_INLINE_BYTES } from '../../../protocol/kit/limits.ts'
import type { PayloadPointer } from '../../../protocol/job/payload.ts'
import { carriedBytes, RETENTION_DAYS, retentionPrefix } from '../../../protocol/job/payload.ts'
import type { QueueMessage } from '../../../protocol/job/queue-message.ts'
import { exceedsUtf8, utf8Length } from '../../../protocol/kit/utf8.ts'
import { MAX_ANSWER_BYTES } from '../kit/answer-limit.ts'
import { inParallel } from '../kit/in-parallel.ts'
import type { Log } from '../kit/log.ts'
import { errorFields } from '../kit/log.ts'
import type { Clock } from '../../../protocol/kit/clock.ts'
import type { InsertResult, JobStore, StateChange } from '../job/job-store.ts'
import type { JobKey, KnownJob, NewJob } from '../job/stored-job.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { PayloadStore } from './payload-store.ts'

export interface OffloadPorts {
  readonly payloads: PayloadStore
  readonly clock: Clock
  readonly log: Log
}

const DAY_MS = 86_400_000
const PAYLOADS_AT_ONCE = 4

/** One life of a job. */
type JobLife = JobKey & Pick<NewJob, 'createdAt'>

/**
 * Makes the key of a payload from its content, so that storing it again changes nothing. The key names the life of the
 * job, so that erasing the payloads of a deleted job takes none from a new job of the same id.
 */
export async function payloadKey(
  { namespace, id, createdAt }: JobLife,
  json: string,
  { expiresAt, now }: { readonly expiresAt: number; readonly now: number },
): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(json)))
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
  // A day longer than the record: a clock may differ, and a job that runs again begins a new life.
  const days = RETENTION_DAYS.find((each) => each * DAY_MS >= expiresAt - now + DAY_MS) ?? RETENTION_DAYS.at(-1)!
  // An id may be `..`, which would name another folder if the path is normalized on the way.
  return `${retentionPrefix(days)}ns=${namespace}/id=${id}/${createdAt}/${hex}`
}

/**
 * Makes a job store for jobs with large payloads. A payload over `MAX_INLINE_BYTES` is in the payload store before the
 * record points at it, and jobs are read with their payloads. Small payloads cause no call. The payloads of a
 * removed job are removed. A payload to which no record points any more, or whose insert was lost, stays until the
 * payload store expires it.
 */
export function offloadingStore(store: JobStore, ports: OffloadPorts): JobStore {
  const { payloads } = ports
  const storeOutput = (change: StateChange): Promise<StateChange> => offloadOutput(ports, change)
  return {
    load: (keys, consistency, options) => store.load(keys, consistency, options),
    unlistFailed: (keys) => store.unlistFailed(keys),
    watch: (key, watcher, waitUntil) => store.watch(key, watcher, waitUntil),
    unwatch: (key, watchers) => store.unwatch(key, watchers),
    async insert(jobs, watcher) {
      if (!jobs.some(({ input }) => isLarge(input))) return store.insert(jobs, watcher)
      const offloaded = await inParallel(jobs, PAYLOADS_AT_ONCE, (job) => tryToOffload(ports, job))
      const ready = offloaded.filter((job) => job !== undefined)
      const results = ready.length === 0 ? [] : await store.insert(ready, watcher)
      const byJob = new Map(ready.map((job, index) => [job, results[index]!]))
      return inParallel(offloaded, PAYLOADS_AT_ONCE, (job, index) =>
        job === undefined
          ? Promise.resolve<InsertResult>({ kind: 'unavailable' })
          : withKnownInput(ports, byJob.get(job)!, job, jobs[index]!),
      )
    },
    async remove(key) {
      const result = await store.remove(key)
      if (result.kind === 'removed') await erasePayloads(ports, result.job)
      return result
    },
    async read(key) {
      const known = await store.find(key)
      return known && recordForAnswer(payloads, known)
    },
    async find(key) {
      const known = await store.find(key)
      return known && withPayloads(payloads, known)
    },
    rerun: async (job, seen, watcher) => store.rerun(await offloadInput(ports, job), seen, watcher),
    write: async (change) => store.write(await storeOutput(change)),
    async writeMany(changes) {
      if (!changes.some(({ state }) => isLarge(state.output))) return store.writeMany(changes)
      return store.writeMany(await inParallel(changes, PAYLOADS_AT_ONCE, storeOutput))
    },
  }
}

/** Makes job queues for jobs with large inputs. An input is in the payload store before its message points at it. */
export function offloadingQueue(queue: JobQueue, ports: OffloadPorts): JobQueue {
  return {
    async send(messages, due) {
      if (!messages.some(({ input }) => isLarge(input))) return queue.send(messages, due)
      const originals = new Map<QueueMessage, QueueMessage>()
      const failed: QueueMessage[] = []
      const dueAt = new Map<QueueMessage, number>()
      await inParallel(messages, PAYLOADS_AT_ONCE, async (message) => {
        const sent = await tryToOffload(ports, message)
        if (sent === undefined) return void failed.push(message)
        originals.set(sent, message)
        const time = due.get(message)
        if (time !== undefined) dueAt.set(sent, time)
      })
      const unsent = originals.size === 0 ? [] : await queue.send([...originals.keys()], dueAt)
      return [...failed, ...unsent.map((message) => originals.get(message)!)]
    },
  }
}

/** Adds its input to a message. Returns undefined if the offloaded input is gone. Rejects if it cannot be read now. */
export async function withInput(
  payloads: Pick<PayloadStore, 'get'>,
  { inputRef, ...message }: QueueMessage,
): Promise<QueueMessage | undefined> {
  if (inputRef === undefined) return message
  const input = await payloads.get(inputRef.key)
  return input === undefined ? undefined : { ...message, input }
}

type WithInput = JobLife & Pick<NewJob, 'input' | 'expiresAt'>

async function tryToOffload<Job extends WithInput>(ports: OffloadPorts, job: Job): Promise<Job | undefined> {
  try {
    return await offloadInput(ports, job)
  } catch (error) {
    ports.log('error', 'A large input could not be stored.', { jobId: job.id, ...errorFields(error) })
    return undefined
  }
}

export async function offloadInput<Job extends WithInput>(ports: OffloadPorts, job: Job): Promise<Job> {
  const pointer = await offloadPayload(ports, job, job.input, job.expiresAt)
  return pointer === undefined ? job : { ...job, input: null, inputRef: pointer }
}

async function offloadOutput(ports: OffloadPorts, { job, state }: StateChange): Promise<StateChange> {
  const { output, ...rest } = state
  const pointer = output === undefined ? undefined : await offloadPayload(ports, job, output, job.expiresAt)
  return pointer === undefined ? { job, state } : { job, state: { ...rest, outputRef: pointer } }
}

async function offloadPayload(
  { payloads, clock }: OffloadPorts,
  key: JobLife,
  payload: Json,
  expiresAt: number,
): Promise<PayloadPointer | undefined> {
  const json = largeJson(payload)
  if (json === undefined) return undefined
  const name = await payloadKey(key, json, { expiresAt, now: clock.now() })
  await payloads.put(name, json)
  return { key: name, bytes: utf8Length(json) }
}

/** Never rejects: the record is gone, and a payload that is left expires. */
async function erasePayloads(
  { payloads, log }: OffloadPorts,
  { record, inputRef, outputRef }: KnownJob,
): Promise<void> {
  const pointers = [inputRef, outputRef].filter((pointer) => pointer !== undefined)
  await inParallel(pointers, PAYLOADS_AT_ONCE, async ({ key }) => {
    try {
      await payloads.remove(key)
    } catch (error) {
      log('warn', 'A payload of a deleted job stays until it expires.', { jobId: record.id, ...errorFields(error) })
    }
  })
}

function isLarge(payload: Json | undefined): boolean {
  return payload !== undefined && largeJson(payload) !== undefined
}

/** Returns the JSON of a payload that is too large for the record; undefined for a small payload. */
function largeJson(payload: Json): string | undefined {
  if (typeof payload === 'string') {
    // It is below the limit even if every character is escaped.
    if (payload.length * 6 + 2 <= MAX_INLINE_BYTES) return undefined
  } else if (typeof payload !== 'object' || payload === null) {
    return undefined
  }
  const json = JSON.stringify(payload)
  return exceedsUtf8(json, MAX_INLINE_BYTES) ? json : undefined
}

/** Adds to a known job the input that its record points at, because a new submit is compared with it. */
async function withKnownInput(
  { payloads, log }: OffloadPorts,
  result: InsertResult,
  offloaded: NewJob,
  asked: NewJob,
): Promise<InsertResult> {
  // A small input differs from a large input, so there is no need to read it.
  if (result.kind !== 'existed' || result.inputRef === undefined || offloaded.inputRef === undefined) return result
  try {
    const isSame = payloadHash(result.inputRef) === payloadHash(offloaded.inputRef)
    const input = isSame ? asked.input : await getPayload(payloads, result.inputRef)
    return { ...result, record: withRecordInput(result.record, input) }
  } catch (error) {
    log('error', 'The input of a known job could not be read.', { jobId: asked.id, ...errorFields(error) })
    return { kind: 'unavailable' }
  }
}

function payloadHash({ key }: PayloadPointer): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

async function withPayloads(payloads: PayloadStore, known: KnownJob): Promise<KnownJob> {
  const { inputRef, outputRef } = known
  const [input, output] = await Promise.all([
    inputRef && getPayload(payloads, inputRef),
    outputRef && getPayload(payloads, outputRef),
  ])
  let { record } = known
  if (input !== undefined) record = withRecordInput(record, input)
  if (output !== undefined) record = withRecordOutput(record, output)
  return { ...known, record }
}

/** Makes the record for an answer: always with its output, and with its input if both fit in one answer. */
async function recordForAnswer(payloads: PayloadStore, known: KnownJob): Promise<JobRecord> {
  const { outputRef } = known
  if (known.inputRef === undefined && outputRef === undefined) return known.record
  const { record } = await withPayloads(payloads, known)
  if (carriedBytes(JSON.stringify(record)) <= MAX_ANSWER_BYTES) return record
  return { ...record, input: null, inputOmitted: true }
}

async function getPayload(payloads: PayloadStore, { key }: PayloadPointer): Promise<Json> {
  const payload = await payloads.get(key)
  if (payload === undefined) throw new Error(`The payload ${key} is gone, though its record is not.`)
  return payload
}

function withRecordInput({ inputOmitted: _elsewhere, ...record }: JobRecord, input: Json): JobRecord {
  return { ...record, input }
}

function withRecordOutput({ outputOmitted: _elsewhere, ...record }: JobRecord, output: Json): JobRecord {
  return { ...record, output }
}
