import { invalidParameter } from './api/errors.ts'

/** After this many receives a message goes to the dead-letter queue instead of to a receiver. */
export interface RedrivePolicy {
  readonly deadLetterArn: string
  readonly maxReceiveCount: number
}

const QUEUE_ARN = /^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]{1,80}(\.fifo)?$/

/** Reads an object of a template, or the JSON text of a call. Returns undefined for the empty text, which removes it. */
export function readRedrivePolicy(value: unknown): RedrivePolicy | undefined {
  if (value === '') return undefined
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const policy = readMap(text)
  for (const name of ['deadLetterTargetArn', 'maxReceiveCount']) {
    if (policy[name] === undefined) {
      throw invalidRedrivePolicy(text, `Redrive policy does not contain mandatory attribute: ${name}.`)
    }
  }
  const { deadLetterTargetArn: deadLetterArn, maxReceiveCount: count } = policy
  if (typeof deadLetterArn !== 'string' || !QUEUE_ARN.test(deadLetterArn)) {
    throw invalidRedrivePolicy(text, 'Invalid value for deadLetterTargetArn.')
  }
  const maxReceiveCount = typeof count === 'string' && count.trim() !== '' ? Number(count) : count
  if (!Number.isInteger(maxReceiveCount) || (maxReceiveCount as number) < 1 || (maxReceiveCount as number) > 1000) {
    const range = 'valid values are from 1 to 1000 both inclusive.'
    throw invalidRedrivePolicy(text, `Invalid value for maxReceiveCount: ${String(count)}, ${range}`)
  }
  return { deadLetterArn, maxReceiveCount: maxReceiveCount as number }
}

export function writeRedrivePolicy({ deadLetterArn, maxReceiveCount }: RedrivePolicy): string {
  return JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount })
}

/** Throws the error of AWS for a dead-letter queue that is not another queue of this cloud. */
export function requireDeadLetterTarget(
  { redrive, ownArn }: { readonly redrive: RedrivePolicy | undefined; readonly ownArn: string },
  exists: (queueArn: string) => boolean,
): void {
  if (redrive === undefined) return
  const text = writeRedrivePolicy(redrive)
  if (redrive.deadLetterArn === ownArn) {
    throw invalidRedrivePolicy(text, 'A queue cannot be its own dead-letter queue.')
  }
  if (!exists(redrive.deadLetterArn)) throw invalidRedrivePolicy(text, 'Dead letter target does not exist.')
  if (redrive.deadLetterArn.endsWith('.fifo') !== ownArn.endsWith('.fifo')) {
    throw invalidRedrivePolicy(text, 'Dead-letter queue must be same type of queue as the source.')
  }
}

function readMap(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>
    }
  } catch {
    // The error below says it.
  }
  throw invalidRedrivePolicy(text, 'Redrive policy is not a valid JSON map.')
}

function invalidRedrivePolicy(text: string, reason: string): Error {
  return invalidParameter(`Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`)
}
