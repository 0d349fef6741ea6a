/**
 * Returns the id for an idempotency key: `key:` and the SHA-256 of namespace and key. The same key always gives the
 * same id, so two submits with one key share one record.
 *
 * @example
 * await idOfKey('acme', 'invoice 2026/17') // 'key:0Jx…', 47 characters
 */
export async function idOfKey(namespace: string, key: string): Promise<string> {
  // A namespace has no line break, so no two pairs give the same text.
  const text = new TextEncoder().encode(`${namespace}\n${key}`)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  const base64 = btoa(String.fromCharCode(...hash))
  return `key:${base64.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')}`
}
