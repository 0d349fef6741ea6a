import { ID_PATTERN } from '../../../protocol/job/id.ts'
import type { Parsed } from '../../../protocol/kit/parsed.ts'
import { accept, refuse } from '../../../protocol/kit/parsed.ts'

const PRIME = 0x100000001b3n
const OFFSET = 0xcbf29ce484222325n
const MASK = 0xffffffffffffffffn
const CURSOR = /^1\.([0-9a-z]{1,13})\.(.+)$/s

/** What a cursor belongs to: it means nothing in another namespace or with other filters. */
export interface CursorScope {
  readonly route: string
  readonly namespace: string
  /** What the list was asked for, less its limit. */
  readonly query: unknown
}

/**
 * Makes a cursor for the place behind an id. Its checksum finds out damage and mix-ups. It needs no secret, since a
 * cursor gives no rights: the namespace always comes from the token.
 */
export function makeCursor(scope: CursorScope, id: string): string {
  return btoa(`1.${checksum(scope, id)}.${id}`)
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Reads the id out of a cursor that was made for this very list. */
export function readCursor(scope: CursorScope, cursor: string): Parsed<string> {
  const [, sum, id] = CURSOR.exec(decode(cursor)) ?? []
  if (id !== undefined && ID_PATTERN.test(id) && sum === checksum(scope, id) && makeCursor(scope, id) === cursor) {
    return accept(id)
  }
  const message = 'The cursor is none that was given for these parameters: send it unchanged, with the same filters.'
  return refuse('INVALID_CURSOR', message, 'cursor')
}

function decode(cursor: string): string {
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
