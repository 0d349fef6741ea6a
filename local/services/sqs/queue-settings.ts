import { AwsError } from '../../wire/call.ts'
import { type FifoSettings, readFifoSettings, writeFifoSettings } from './fifo/fifo-settings.ts'
import { readRedrivePolicy, type RedrivePolicy, writeRedrivePolicy } from './redrive-policy.ts'
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
  redrive?: RedrivePolicy | undefined
  /** Shows in the attributes, and has no effect here. */
  sqsManagedSse: boolean
  /** Present in a FIFO queue, and never in another. */
  fifo?: FifoSettings
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
export const SETTING_NAMES: readonly string[] = [...Object.keys(NUMBERS), 'RedrivePolicy', 'SqsManagedSseEnabled']

export function defaultSettings(): QueueSettings {
  const settings: Record<string, number> = {}
  for (const { field, unit, byDefault } of Object.values(NUMBERS)) settings[field] = byDefault * unit
  return { ...(settings as unknown as QueueSettings), sqsManagedSse: true }
}

/** Reads the settings of a new queue. Those that are not there get their defaults. */
export function readNewSettings(values: Readonly<Record<string, unknown>>): QueueSettings {
  const isFifo = String(values['FifoQueue'] ?? false) === 'true'
  const fifo = isFifo ? { fifo: readFifoSettings(values) } : {}
  return { ...defaultSettings(), ...readQueueSettings(values), ...fifo }
}

/** Reads the settings that are there. Throws the error of AWS for a value that it refuses. */
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
  if (values['RedrivePolicy'] !== undefined) settings.redrive = readRedrivePolicy(values['RedrivePolicy'])
  const sse = values['SqsManagedSseEnabled']
  if (sse !== undefined) {
    if (!['true', 'false'].includes(String(sse))) {
      throw invalidAttribute('SqsManagedSseEnabled', `${String(sse)} is neither true nor false`)
    }
    settings.sqsManagedSse = String(sse) === 'true'
  }
  return settings
}

/** Writes the settings as GetQueueAttributes shows them. */
export function writeSettings(settings: QueueSettings): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, { field, unit }] of Object.entries(NUMBERS)) values[name] = String(settings[field] / unit)
  if (settings.redrive !== undefined) values['RedrivePolicy'] = writeRedrivePolicy(settings.redrive)
  values['SqsManagedSseEnabled'] = String(settings.sqsManagedSse)
  return { ...values, ...writeFifoSettings(settings.fifo) }
}

function invalidAttribute(name: string, reason: string): AwsError {
  return new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}. Reason: ${reason}.`)
}
