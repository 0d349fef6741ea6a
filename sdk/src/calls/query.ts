import { JobwireError } from '../api/errors.ts'
import { WAIT_OPTIONS } from '../api/input.ts'
import type { CountOptions, ListOptions } from '../api/list-types.ts'

const FILTERS = ['prefix', 'generated', 'since', 'until', 'task', 'tags', 'metadata']
export const COUNT_OPTIONS = [...FILTERS, ...WAIT_OPTIONS]
export const LIST_OPTIONS = [...FILTERS, 'status', 'code', 'order', 'limit', 'include', 'cursor', ...WAIT_OPTIONS]

type Query = ListOptions & CountOptions & { readonly after?: string | undefined; readonly queue?: string | undefined }

/** Writes the options of a list or a count as the query of the REST route. */
export function listQuery({ timeout: _timeout, signal: _signal, ...options }: Query): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (name === 'metadata') {
      if (typeof value !== 'object' || value === null) throw wrongType(name, value)
      for (const [key, wanted] of Object.entries(value))
        query.append(`metadata.${key}`, queryValue(`metadata.${key}`, wanted))
    } else if (name === 'tags') {
      for (const tag of [value].flat()) query.append('tag', queryValue(name, tag))
    } else if (name === 'generated') {
      if (value === true) query.set('ids', 'generated')
    } else {
      query.set(name, queryValue(name, value))
    }
  }
  return String(query) === '' ? '' : `?${query}`
}

function queryValue(name: string, value: unknown): string {
  if (value instanceof Date) return String(value.getTime())
  if (Array.isArray(value)) return value.join()
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw wrongType(name, value)
}

function wrongType(name: string, value: unknown): JobwireError {
  return new JobwireError(
    'INVALID_OPTION',
    `"${name}" is of the wrong type: ${value === null ? 'null' : typeof value}.`,
  )
}
