/** Decodes one part of a path. Returns a part with a malformed percent escape as it is. */
export function decodePathPart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
