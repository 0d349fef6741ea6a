/**
 * The id that an idempotency key stands for: `key:` and the SHA-256 of namespace and key. Whoever knows the key
 * knows the id, and so two submits of one key meet in one record.
 *
 * @example
 * await idOfKey('acme', 'invoice 2026/17') // 'key:0Jx…', 47 characters
 */
export async function idOfKey(namespace: string, key: string): Promise<string> {
  // A namespace has no line break in it: no two pairs make the same text.
  const text = new TextEncoder().encode(`${namespace}\n${key}`)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  const base64 = btoa(String.fromCharCode(...hash))
  return `key:${base64.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')}`
}
