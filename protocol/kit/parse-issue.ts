import type { BaseIssue } from 'valibot'
import type { Refusal } from './parsed.ts'
import { refuse } from './parsed.ts'
import { shortenText } from './shorten-text.ts'

/** The words for refusals about one kind of object. */
export interface Subject {
  /** Like `A job`. */
  readonly name: string
  readonly fields: readonly string[]
  /** Like `{"task": "greet", "input": {"name": "Ada"}}`. */
  readonly example: string
}

/** Turns an issue of the validator into a refusal that says what was wrong and what to do. `prefix` is like `jobs.3.`. */
export function explain(issue: BaseIssue<unknown>, subject: Subject, prefix = ''): Refusal {
  const keys = issue.path?.map((item) => String(item.key)) ?? []
  if (keys.length === 0) return refuseNonObject(issue.input, subject, prefix)
  const path = prefix + shortenText(keys.join('.'), 200)
  const field = shortenText(keys.join('.'), 60)
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = subject.fields.join(', ')
    return refuse('INVALID_REQUEST', `There is no field "${field}" here. ${subject.name} may have: ${known}.`, path)
  }
  if (issue.type === 'strict_object') {
    return refuse('INVALID_REQUEST', `The field "${field}" is missing. Send an object like ${subject.example}.`, path)
  }
  return refuse(
    'INVALID_REQUEST',
    `The field "${field}" must be ${expectation(issue)}; got ${describe(issue.input)}.`,
    path,
  )
}

/** Refuses a value that is not an object. Lists must come here too, because the validator takes them for objects. */
export function refuseNonObject(input: unknown, subject: Subject, prefix = ''): Refusal {
  const message = `${subject.name} must be an object like ${subject.example}; got ${describe(input)}.`
  return refuse('INVALID_REQUEST', message, prefix === '' ? undefined : prefix.slice(0, -1))
}

function expectation(issue: BaseIssue<unknown>): string {
  switch (issue.type) {
    case 'picklist':
      return `one of ${issue.expected?.replaceAll(/[()"]/g, '').replaceAll(' | ', ', ')}`
    case 'min_length':
      return 'not empty'
    case 'max_length':
      return `at most ${String(issue.requirement)} long`
    case 'array':
      return 'a list'
    case 'safe_integer':
    case 'min_value':
    case 'number':
      return 'a whole number that is not negative'
    default:
      return `a ${issue.expected ?? 'different value'}`
  }
}

/** Describes a value from outside in a few words. */
export function describe(input: unknown): string {
  if (input === null || input === undefined) return 'nothing'
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'string') return `"${shortenText(input, 40)}"`
  if (typeof input === 'object') return 'an object'
  return String(input)
}
