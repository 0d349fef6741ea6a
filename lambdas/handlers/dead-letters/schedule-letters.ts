import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { shortenText } from '../../../protocol/kit/shorten-text.ts'
import type { FailedRing } from '../../domain/dead-letters/record-failed-rings.ts'
import type { Ring } from '../../domain/schedules/run-schedule.ts'

const SHOWN_REASON = 500

/** The dead letters of an event by their kinds. */
export interface SortedLetters {
  /** The messages of job queues. */
  readonly jobs: SQSEvent
  /** The messages that EventBridge Scheduler could not send at the end of a long delay. */
  readonly delays: SQSEvent
  /** The planned time of each of them by message id, in epoch milliseconds. */
  readonly sendAt: ReadonlyMap<string, number>
  /** The rings of schedules that neither EventBridge Scheduler nor Lambda could bring to an end. */
  readonly rings: readonly FailedRing[]
}

/**
 * Sorts dead letters. EventBridge Scheduler puts the input of the target into the body of a dead letter: the parameters
 * of a send, or a ring. Lambda puts its own record there, with the event as `requestPayload`.
 */
export function sortDeadLetters(event: SQSEvent): SortedLetters {
  const jobs: SQSRecord[] = []
  const delays: SQSRecord[] = []
  const sendAt = new Map<string, number>()
  const rings: FailedRing[] = []
  for (const record of event.Records) {
    const { messageId: itemId } = record
    const body = readObject(record.body)
    const ring = readRing(record, body)
    if (typeof body['MessageBody'] === 'string') {
      delays.push({ ...record, body: body['MessageBody'] })
      sendAt.set(itemId, scheduledTime(record))
    } else if (ring === undefined) {
      jobs.push(record)
    } else {
      rings.push({ itemId, ring, reason: shortenText(readReason(record, body), SHOWN_REASON) })
    }
  }
  return { jobs: { Records: jobs }, delays: { Records: delays }, sendAt, rings }
}

type Members = Readonly<Record<string, unknown>>

function readObject(json: string): Members {
  try {
    return membersOf(JSON.parse(json))
  } catch {
    return {}
  }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}

function readRing(record: SQSRecord, body: Members): Ring | undefined {
  const { namespace, name, timerId, time } = 'requestPayload' in body ? membersOf(body['requestPayload']) : body
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof timerId !== 'string') return undefined
  // A run that never came to its target may still have the placeholder for its time.
  const isTime = typeof time === 'string' && !Number.isNaN(Date.parse(time))
  return { namespace, name, timerId, time: isTime ? time : timeText(scheduledTime(record)) }
}

function scheduledTime({ attributes, messageAttributes }: SQSRecord): number {
  const at = Date.parse(messageAttributes['SCHEDULED_TIME']?.stringValue ?? '')
  return Number.isNaN(at) ? Number(attributes.SentTimestamp) : at
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

function readReason({ messageAttributes }: SQSRecord, body: Members): string {
  const { errorType, errorMessage } = membersOf(body['responsePayload'])
  const { condition } = membersOf(body['requestContext'])
  const words = [
    ...[messageAttributes['ERROR_CODE']?.stringValue, messageAttributes['ERROR_MESSAGE']?.stringValue],
    ...[condition, errorType, errorMessage],
  ]
  return words.filter((word) => typeof word === 'string' && word !== '').join(': ') || 'no reason was given'
}
