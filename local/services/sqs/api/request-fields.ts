import { AwsError } from '../../../wire/call.ts'
import { errorOrigin, invalidValue, missingParameter, queryCodeOf } from './errors.ts'
import { MAX_BATCH_ENTRIES } from '../limits.ts'

export type Fields = Readonly<Record<string, unknown>>

export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw wrongType(name, 'STRING_VALUE')
  return value
}

/** AWS treats an empty text as missing. */
export function requiredText(fields: Fields, name: string): string {
  const value = optionalText(fields, name)
  if (value === undefined || value === '') throw missingParameter(name)
  return value
}

export function optionalInteger(
  fields: Fields,
  name: string,
  { least, most, reason }: { readonly least: number; readonly most: number; readonly reason: string },
): number | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(name, 'NUMBER_VALUE')
  if (value < least || value > most) throw invalidValue(name, value, reason)
  return value
}

function optionalList(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw wrongType(name, 'START_ARRAY')
  return value
}

export function optionalTextList(fields: Fields, name: string): readonly string[] {
  return optionalList(fields, name).map((value) => {
    if (typeof value !== 'string') throw wrongType(name, 'STRING_VALUE')
    return value
  })
}

export function optionalObject(fields: Fields, name: string): Fields | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(name, 'START_OBJECT')
  return value as Fields
}

export interface BatchEntry {
  readonly id: string
  readonly fields: Fields
}

/** Reads the entries of a batch. Throws if AWS would refuse the batch as a whole. */
export function readBatch(fields: Fields, entryType: string): readonly BatchEntry[] {
  const entries = optionalList(fields, 'Entries').map((value) => optionalObject({ Entries: value }, 'Entries') ?? {})
  if (entries.length === 0) {
    throw new AwsError('EmptyBatchRequest', `There should be at least one ${entryType} in the request.`)
  }
  if (entries.length > MAX_BATCH_ENTRIES) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}. You have sent ${entries.length}.`,
    )
  }
  const seen = new Set<string>()
  return entries.map((entry) => {
    const id = optionalText(entry, 'Id')
    if (id === undefined) throw missingParameter('Id')
    if (!/^[\w-]{1,80}$/.test(id)) {
      throw new AwsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. ' +
          'It can be at most 80 letters long.',
      )
    }
    if (seen.has(id)) throw new AwsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`)
    seen.add(id)
    return { id, fields: entry }
  })
}

/** Separates the entries that could be read from the others, whose errors go into the batch's answer. */
export function readEntries<T>(
  entries: readonly BatchEntry[],
  read: (fields: Fields) => T,
): { readonly good: { readonly id: string; readonly value: T }[]; readonly failed: object[] } {
  const good: { id: string; value: T }[] = []
  const failed: object[] = []
  for (const { id, fields } of entries) {
    try {
      good.push({ id, value: read(fields) })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      failed.push(failedEntry(id, error))
    }
  }
  return { good, failed }
}

export function failedEntry(id: string, error: AwsError): object {
  return { Id: id, SenderFault: errorOrigin(error) === 'Sender', Code: queryCodeOf(error), Message: error.message }
}

function wrongType(name: string, wanted: string): AwsError {
  return new AwsError('SerializationException', `${name}: ${wanted} was expected and something else was sent.`)
}
