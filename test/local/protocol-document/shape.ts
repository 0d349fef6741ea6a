/** The fields that differ from one deployment or one moment to the next. An example shows their type. */
const VARYING = new Set([
  ...['socketUrl', 'namespace', 'url', 'webhookId', 'timestamp', 'region', 'memoryMb', 'node', 'durationMs'],
  ...['version', 'claims', 'pending', 'running', 'success', 'failed', 'cancelled', 'total', 'at'],
])

function isVarying(name: string): boolean {
  return VARYING.has(name) || /(At|AtMs)$/.test(name)
}

/** Returns the first difference between an answer and its example, with its path; undefined if they have one shape. */
export function findDifference(actual: unknown, example: unknown, path = ''): string | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (Array.isArray(example)) {
    if (!Array.isArray(actual) || actual.length !== example.length) return different(actual, example, path)
    return firstOf(example.map((value, index) => findDifference(actual[index], value, `${path}.${index}`)))
  }
  if (typeof example === 'object' && example !== null) {
    if (typeof actual !== 'object' || actual === null) return different(actual, example, path)
    const names = [...new Set([...Object.keys(example), ...Object.keys(actual)])]
    const inner = (value: unknown, key: string): unknown => (value as Record<string, unknown>)[key]
    return firstOf(names.map((key) => findDifference(inner(actual, key), inner(example, key), `${path}.${key}`)))
  }
  if (isVarying(name) && typeof actual === typeof example) return undefined
  // A worker's id ends in a generated part.
  if (/^\w+:[0-9a-z]{26}$/.test(String(example)) && /^\w+:[0-9a-z]{26}$/.test(String(actual))) return undefined
  return actual === example ? undefined : different(actual, example, path)
}

function firstOf(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((difference) => difference !== undefined)
}

function different(actual: unknown, example: unknown, path: string): string {
  return `${path}: ${JSON.stringify(actual)}, where the document has ${JSON.stringify(example)}`
}
