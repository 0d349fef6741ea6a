import { ID_PATTERN } from '../../../protocol/job/id.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'

const PRIME = 0x100000001b3n
const OFFSET = 0xcbf29ce484222325n
const MASK = 0xffffffffffffffffn
const CURSOR = /^1\.([0-9a-z]{1,13})\.(.+)$/s

/** The list that a cursor belongs to. In another namespace or with other filters, the cursor is invalid. */
export interface CursorScope {
  readonly route: string
  readonly namespace: string
  /** The parameters of the list, without its limit. */
  readonly query: unknown
}

/**
 * Makes a cursor for the place behind an id. Its checksum detects damage and mix-ups. It needs no secret, since a
 * cursor gives no rights: the namespace always comes from the token.
 */
export function makeCursor(scope: CursorScope, id: string): string {
  return btoa(`1.${checksum(scope, id)}.${id}`)
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Reads the id from a cursor. Refuses a cursor of another list. */
export function readCursor(scope: CursorScope, cursor: string): Parsed<string> {
  const [, sum, id] = CURSOR.exec(decodeBase64Url(cursor)) ?? []
  if (id !== undefined && ID_PATTERN.test(id) && sum === checksum(scope, id) && makeCursor(scope, id) === cursor) {
    return accept(id)
  }
  const message = 'The cursor does not belong to these parameters: send it unchanged, with the same filters.'
  return refuse('INVALID_CURSOR', message, 'cursor')
}

function decodeBase64Url(cursor: string): string {
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return ''
  }
}

/** FNV-1a with 64 bits. */
function checksum({ route, namespace, query }: CursorScope, id: string): string {
  let hash = OFFSET
  for (const character of JSON.stringify([route, namespace, query, id])) {
    hash = ((hash ^ BigInt(character.codePointAt(0)!)) * PRIME) & MASK
  }
  return hash.toString(36)
}
