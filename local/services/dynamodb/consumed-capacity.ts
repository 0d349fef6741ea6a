import { ownValue } from '../../named-values.ts'
import { readPartiQl } from './partiql.ts'

/** The billing of each operation. `statement`: its PartiQL statements decide. */
const BILLING: Readonly<Record<string, 'read' | 'write' | 'statement'>> = {
  GetItem: 'read',
  BatchGetItem: 'read',
  Query: 'read',
  Scan: 'read',
  TransactGetItems: 'read',
  PutItem: 'write',
  UpdateItem: 'write',
  DeleteItem: 'write',
  BatchWriteItem: 'write',
  TransactWriteItems: 'write',
  ExecuteStatement: 'statement',
  BatchExecuteStatement: 'statement',
  ExecuteTransaction: 'statement',
}

const MEMBER = '"ReturnConsumedCapacity"'
const ASKING = Buffer.from(`{${MEMBER}:"TOTAL",`)

/** A request that asks the engine for its consumed capacity. */
export interface MeteredRequest {
  readonly body: Buffer
  /** True if we added the question, so that its answer must be removed again. */
  readonly added: boolean
}

export interface Consumed {
  readonly units: number
  /** The answer as its caller expects it. */
  readonly body: Buffer
}

/** Adds the question to a request with a billed operation. Returns undefined for other requests. */
export function askForConsumedCapacity(operation: string, body: Buffer): MeteredRequest | undefined {
  if (!Object.hasOwn(BILLING, operation)) return undefined
  const open = body.indexOf('{')
  if (open < 0 || body.includes(MEMBER)) return { body, added: false }
  return { body: Buffer.concat([ASKING, body.subarray(open + 1)]), added: true }
}

/**
 * The engine writes it as the last member of the answer. The pattern is anchored at both ends, so it cannot match
 * inside an item: there, further brackets would follow.
 */
const LAST_MEMBER = /^"ConsumedCapacity":(\{[^{}[\]]*\}|\[(?:\{[^{}[\]]*\},?)*\])\}$/

/** Reads the consumed units from an answer, and removes them from it if the caller did not ask. */
export function readConsumedCapacity(answer: Buffer, added: boolean): Consumed {
  const start = answer.lastIndexOf('"ConsumedCapacity"')
  if (start < 0) return { units: 0, body: answer }
  const last = LAST_MEMBER.exec(answer.toString('latin1', start))
  if (last !== null) {
    const units = totalUnits(JSON.parse(last[1]!))
    return { units, body: added ? withoutTail(answer, start) : answer }
  }
  // Either the engine is not Dynoxide and writes it differently, or an attribute has this name: read the whole body.
  const { ConsumedCapacity: consumed, ...rest } = JSON.parse(answer.toString()) as Record<string, unknown>
  return { units: totalUnits(consumed), body: added ? Buffer.from(JSON.stringify(rest)) : answer }
}

function withoutTail(answer: Buffer, start: number): Buffer {
  const end = answer[start - 1] === COMMA ? start - 1 : start
  return Buffer.concat([answer.subarray(0, end), CLOSE])
}

const COMMA = ','.charCodeAt(0)
const CLOSE = Buffer.from('}')

function totalUnits(consumed: unknown): number {
  let units = 0
  for (const each of [consumed ?? []].flat() as { CapacityUnits?: number }[]) units += each.CapacityUnits ?? 0
  return units
}

/** AWS also bills a write whose condition fails. If nothing else was written, the engine reports no units. */
export function failedConditions(status: number, answer: Buffer): number {
  if (status === 400) return answer.includes('#ConditionalCheckFailedException') ? 1 : 0
  if (!answer.includes('"Error"')) return 0
  return (answer.toString('latin1').match(/"Code":"(?:ConditionalCheckFailed|DuplicateItem)"/g) ?? []).length
}

/** Tells if a call of a billed operation reads or writes. */
export function billedAs(operation: string, input: () => Record<string, unknown>): 'read' | 'write' {
  const billing = ownValue(BILLING, operation)
  if (billing !== 'statement') return billing ?? 'read'
  const { Statement: one, Statements: many, TransactStatements: transacted } = input()
  const first = one ?? ([many ?? transacted ?? []].flat() as { Statement?: unknown }[])[0]?.Statement
  // The statements of one call either all read or all write.
  return readPartiQl(String(first))?.verb === 'Select' ? 'read' : 'write'
}
