/** Counts the bytes of a text as UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    bytes += unit < 0x800 ? 1 : 2
    // A surrogate pair is two units and four bytes: the second unit adds nothing.
    if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text, index + 1)) index++
  }
  return bytes
}

/** Returns true if a text takes more than `limit` bytes as UTF-8. Looks at single characters only if it must. */
export function exceedsUtf8(text: string, limit: number): boolean {
  if (text.length > limit) return true
  return text.length * 3 > limit && utf8Length(text) > limit
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xdc00 && unit < 0xe000
}
