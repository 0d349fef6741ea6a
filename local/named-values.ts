/**
 * Makes an object of names that come from outside. It has no prototype, so that `__proto__` and `toString` are names
 * like all others.
 */
export function namedValues<Value>(
  entries: Iterable<readonly [name: string, value: Value]> = [],
): Record<string, Value> {
  const values = Object.create(null) as Record<string, Value>
  for (const [name, value] of entries) values[name] = value
  return values
}

/** Returns the object's own value of a name, and nothing that it inherits. */
export function ownValue<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

/** Follows a path of names like `identity.sourceIp`. Returns undefined if a part of it is not there. */
export function valueAtPath(values: unknown, path: string): unknown {
  let value = values
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = ownValue(value as Record<string, unknown>, name)
  }
  return value
}
