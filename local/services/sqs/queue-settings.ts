import { AwsError } from '../../wire/call.ts'
import {
  MAX_DELAY_SECONDS,
  MAX_MESSAGE_BYTES,
  MAX_RETENTION_SECONDS,
  MAX_VISIBILITY_SECONDS,
  MAX_WAIT_SECONDS,
  MIN_RETENTION_SECONDS,
} from './limits.ts'

/** The settings of a queue. */
export interface QueueSettings {
  visibilityTimeoutMs: number
  delayMs: number
  retentionMs: number
  receiveWaitMs: number
  maxMessageBytes: number
  redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined
}

/** The settings that are whole numbers, by AWS's name. Templates and calls use the same names. */
const NUMBERS = {
  VisibilityTimeout: {
    field: 'visibilityTimeoutMs',
    unit: 1000,
    least: 0,
    most: MAX_VISIBILITY_SECONDS,
    byDefault: 30,
  },
  DelaySeconds: { field: 'delayMs', unit: 1000, least: 0, most: MAX_DELAY_SECONDS, byDefault: 0 },
  MessageRetentionPeriod: {
    field: 'retentionMs',
    unit: 1000,
    least: MIN_RETENTION_SECONDS,
    most: MAX_RETENTION_SECONDS,
    byDefault: 345_600,
  },
  ReceiveMessageWaitTimeSeconds: { field: 'receiveWaitMs', unit: 1000, least: 0, most: MAX_WAIT_SECONDS, byDefault: 0 },
  MaximumMessageSize: {
    field: 'maxMessageBytes',
    unit: 1,
    least: 1024,
    most: MAX_MESSAGE_BYTES,
    byDefault: MAX_MESSAGE_BYTES,
  },
} as const

/** The names that `readQueueSettings` reads, from a template's properties and from SetQueueAttributes. */
export const SETTING_NAMES: readonly string[] = [...Object.keys(NUMBERS), 'RedrivePolicy']

export function defaultSettings(): QueueSettings {
  const settings: Record<string, number> = {}
  for (const { field, unit, byDefault } of Object.values(NUMBERS)) settings[field] = byDefault * unit
  return settings as unknown as QueueSettings
}

/** Reads the settings that are there. Throws `InvalidAttributeValue`, as AWS does, for a value out of range. */
export function readQueueSettings(values: Readonly<Record<string, unknown>>): Partial<QueueSettings> {
  const settings: Partial<QueueSettings> = {}
  for (const [name, { field, unit, least, most }] of Object.entries(NUMBERS)) {
    const value = values[name]
    if (value === undefined) continue
    const number = Number(value)
    if (!Number.isInteger(number) || number < least || number > most) {
      throw invalidAttribute(name, `${String(value)} is not a whole number from ${least} to ${most}`)
    }
    settings[field] = number * unit
  }
  if (values['RedrivePolicy'] !== undefined) settings.redrive = readRedrive(values['RedrivePolicy'])
  return settings
}

/** Writes the settings as GetQueueAttributes shows them. */
export function writeSettings(settings: QueueSettings): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, { field, unit }] of Object.entries(NUMBERS)) values[name] = String(settings[field] / unit)
  if (settings.redrive !== undefined) {
    const { deadLetterArn, maxReceiveCount } = settings.redrive
    values['RedrivePolicy'] = JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount })
  }
  return values
}

/** An object in a template, JSON text in a call. An empty text removes the policy. */
function readRedrive(value: unknown): QueueSettings['redrive'] {
  if (value === '') return undefined
  const policy = (typeof value === 'string' ? parseJson(value) : value) as Record<string, unknown> | null
  const deadLetterArn = policy?.['deadLetterTargetArn']
  const maxReceiveCount = Number(policy?.['maxReceiveCount'])
  if (typeof deadLetterArn !== 'string') throw invalidAttribute('RedrivePolicy', 'deadLetterTargetArn is missing')
  if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > 1000) {
    throw invalidAttribute('RedrivePolicy', 'maxReceiveCount is not a whole number from 1 to 1000')
  }
  return { deadLetterArn, maxReceiveCount }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidAttribute('RedrivePolicy', 'it is not JSON')
  }
}

function invalidAttribute(name: string, reason: string): AwsError {
  return new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}. Reason: ${reason}.`)
}
