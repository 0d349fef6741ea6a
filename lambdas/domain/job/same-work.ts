import type { Json } from '../../../protocol/job/job.ts'

interface Work {
  readonly task: string
  readonly input: Json
  /** The input is too large for the record. So it differs from any input that is here. */
  readonly inputOmitted?: true
}

/** Returns true if two submits ask for the same task with the same input. The order of properties does not count. */
export function isSameWork(first: Work, second: Work): boolean {
  if (first.inputOmitted || second.inputOmitted) return false
  return first.task === second.task && isSameJson(first.input, second.input)
}

export function isSameJson(first: Json | undefined, second: Json | undefined): boolean {
  if (first === second) return true
  if (typeof first !== 'object' || typeof second !== 'object' || first === null || second === null) return false
  if (Array.isArray(first) || Array.isArray(second)) {
    if (!Array.isArray(first) || !Array.isArray(second) || first.length !== second.length) return false
    return first.every((item: Json, index) => isSameJson(item, second[index] as Json))
  }
  const left = propertiesOf(first as JsonObject)
  const right = second as JsonObject
  return (
    left.length === propertiesOf(right).length &&
    left.every(([name, value]) => Object.hasOwn(right, name) && isSameJson(value, right[name]))
  )
}

type JsonObject = Readonly<Record<string, Json | undefined>>

/** JSON leaves out properties that are undefined. */
function propertiesOf(object: JsonObject): [string, Json | undefined][] {
  return Object.entries(object).filter(([, value]) => value !== undefined)
}
