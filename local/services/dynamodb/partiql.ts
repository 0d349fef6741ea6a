/** The verb of one PartiQL statement, and its table and index. */
export interface PartiQlTarget {
  readonly verb: 'Insert' | 'Update' | 'Delete' | 'Select'
  readonly table: string
  readonly index?: string
}

const NAME = String.raw`(?:"([^"]+)"|([\w.-]+))`
const TARGET = new RegExp(
  String.raw`^\s*(?:EXISTS\s*\(\s*)?(INSERT\s+INTO|UPDATE|DELETE\s+FROM|SELECT\b.*?\bFROM)\s+${NAME}(?:\s*\.\s*"([^"]+)")?`,
  'is',
)

/** Programs send the same few statements with changing parameters. */
const MAX_REMEMBERED = 500
const remembered = new Map<string, PartiQlTarget | undefined>()

/**
 * Reads the verb and the table of a statement. Returns undefined for a statement that it cannot read.
 *
 * @example
 * readPartiQl('UPDATE "Jobs" SET state = ? WHERE pk = ?') // { verb: 'Update', table: 'Jobs' }
 */
export function readPartiQl(statement: string): PartiQlTarget | undefined {
  if (remembered.has(statement)) return remembered.get(statement)
  const target = parseStatement(statement)
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  remembered.set(statement, target)
  return target
}

function parseStatement(statement: string): PartiQlTarget | undefined {
  const match = TARGET.exec(statement)
  const table = match?.[2] ?? match?.[3]
  if (match === null || table === undefined) return undefined
  const keyword = match[1]!.slice(0, 6).toLowerCase() as 'insert' | 'update' | 'delete' | 'select'
  const verb = ({ insert: 'Insert', update: 'Update', delete: 'Delete', select: 'Select' } as const)[keyword]
  return match[4] === undefined ? { verb, table } : { verb, table, index: match[4] }
}
