const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

/** The end of AWS's sentence about a character that it does not take. */
export const ALLOWED_CHARACTERS =
  'the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.'

/** Returns the first character that neither a body nor an attribute may have, in the form `#xB`. */
export function findForbiddenCharacter(text: string): string | undefined {
  const found = FORBIDDEN.exec(text)?.[0]
  return found === undefined ? undefined : `#x${found.codePointAt(0)!.toString(16).toUpperCase()}`
}
